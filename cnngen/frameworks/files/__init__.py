"""Files that hold weights, by their endings: one format a module, imported on demand."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from cnngen.frameworks import require
from cnngen.frameworks.files import content
from cnngen.frameworks.files.base import (
    FLOATS,
    Contents,
    FileFormat,
    Generated,
    MixedTypesError,
    NoGraphError,
    NotWeightsError,
    Sets,
    Sizes,
    Tensor,
    WritableFormat,
    layer_of,
    layers_of,
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
    "Sets",
    "Sizes",
    "Tensor",
    "WritableFormat",
    "ending_of",
    "ending_to_read",
    "file_format",
    "layer_of",
    "layers_of",
    "writable_format",
]


class Ending(NamedTuple):
    """A format: where it is, and the packages that reading and writing need.

    Without any for writing, files are read alone.
    """

    text: str
    target: str
    module: str
    attribute: str
    reading: tuple[str, ...]
    writing: tuple[str, ...] = ()


_HERE = "cnngen.frameworks.files"
_PICKLED = ("torch", f"{_HERE}.pickled", "FORMAT", ("torch", "ml_dtypes"))
_SAFETENSORS = ("torch", f"{_HERE}.safetensors", "FORMAT", ("safetensors", "ml_dtypes"))
_H5 = ("h5py", "ml_dtypes")
_LEGACY = ("keras", f"{_HERE}.keras_legacy", "FORMAT", _H5)
_KERAS = ("keras", f"{_HERE}.keras_files")
_WITH_KERAS = (*_H5, "keras", "tensorflow")

ENDINGS = (
    Ending(".safetensors", *_SAFETENSORS, _SAFETENSORS[-1]),
    Ending(".pt", *_PICKLED, _PICKLED[-1]),
    Ending(".pth", *_PICKLED, _PICKLED[-1]),
    Ending(".weights.h5", *_KERAS, "WEIGHTS", _H5, _WITH_KERAS),
    Ending(".keras", *_KERAS, "MODEL", _H5, _WITH_KERAS),
    Ending(".ckpt", *_PICKLED),
    Ending(".pth.tar", *_PICKLED),
    Ending(".bin", *_PICKLED),
    Ending(".h5", *_LEGACY),
    Ending(".hdf5", *_LEGACY),
    Ending(".safetensors.index.json", *_SAFETENSORS[:2], "SHARDED", *_SAFETENSORS[3:]),
    Ending(".bin.index.json", *_PICKLED[:2], "SHARDED", *_PICKLED[3:]),
)
"""A longer ending comes before the one that it ends in."""


def ending_of(path: str) -> Ending | None:
    """The format that a file's name says; None where it says none."""
    return next((ending for ending in ENDINGS if path.lower().endswith(ending.text)), None)


def ending_to_read(path: str) -> Ending | None:
    """The format that a file has, as far as its first bytes tell; else the one of its name.

    Raises:
        NotWeightsError: it is a pipe or a device.
        OSError: the system does not let it be read.
    """
    named = ending_of(path)
    text = content.ending(path)
    found = next((ending for ending in ENDINGS if ending.text == text), named)
    same = named is not None and found is not None and named[1:4] == found[1:4]
    return named if same else found


def file_format(ending: Ending) -> FileFormat:
    """What reads files with this ending.

    Raises:
        MissingFrameworkError: a package that it needs is not installed.
    """
    found: FileFormat = _format(ending, ending.reading)
    return found


def writable_format(ending: Ending) -> WritableFormat:
    """What writes files with this ending, one of those that have something for it.

    Raises:
        MissingFrameworkError: a package that it needs is not installed.
    """
    found: WritableFormat = _format(ending, ending.writing)
    return found


def _format(ending: Ending, packages: Sequence[str]) -> Any:
    require(packages, ending.target, f", which {ending.text} files need")
    return getattr(import_module(ending.module), ending.attribute)
