"""Files that hold weights, by their endings: one format a module, imported on demand."""

from __future__ import annotations

from importlib import import_module

from cnngen.frameworks import require
from cnngen.frameworks.files.base import (
    FLOATS,
    Contents,
    FileFormat,
    Generated,
    MixedTypesError,
    NoGraphError,
    NotWeightsError,
    Sizes,
    Tensor,
)
from cnngen.record import NamedTuple

__all__ = [
    "ENDINGS",
    "FLOATS",
    "Contents",
    "Ending",
    "FileFormat",
    "Generated",
    "MixedTypesError",
    "NoGraphError",
    "NotWeightsError",
    "Sizes",
    "Tensor",
    "ending_of",
    "file_format",
]


class Ending(NamedTuple):
    """A format: where it is, and the packages that reading and writing need."""

    text: str
    target: str
    module: str
    attribute: str
    reading: tuple[str, ...]
    writing: tuple[str, ...]


_KERAS = ("keras", "cnngen.frameworks.files.keras_files")
_H5 = ("h5py", "ml_dtypes")
_WITH_KERAS = (*_H5, "keras", "tensorflow")
_PICKLED = ("torch", "cnngen.frameworks.files.pickled", "FORMAT")
_TORCH = ("torch", "ml_dtypes")
_SAFETENSORS = ("safetensors", "ml_dtypes")

ENDINGS = (
    Ending(
        ".safetensors",
        "torch",
        "cnngen.frameworks.files.safetensors",
        "FORMAT",
        _SAFETENSORS,
        _SAFETENSORS,
    ),
    Ending(".pt", *_PICKLED, _TORCH, _TORCH),
    Ending(".pth", *_PICKLED, _TORCH, _TORCH),
    Ending(".weights.h5", *_KERAS, "WEIGHTS", _H5, _WITH_KERAS),
    Ending(".keras", *_KERAS, "MODEL", _H5, _WITH_KERAS),
)


def ending_of(path: str) -> Ending | None:
    """The format that a file's name says; None where it says none."""
    return next((ending for ending in ENDINGS if path.lower().endswith(ending.text)), None)


def file_format(ending: Ending, *, writing: bool = False) -> FileFormat:
    """What reads and writes files with this ending.

    Raises:
        MissingFrameworkError: a package that it needs is not installed.
    """
    packages = ending.writing if writing else ending.reading
    require(packages, ending.target, f", which {ending.text} files need")
    found: FileFormat = getattr(import_module(ending.module), ending.attribute)
    return found
