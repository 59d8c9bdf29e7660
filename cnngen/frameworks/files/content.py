"""Which format a file has, told from how it begins: names of checkpoints say little."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import BinaryIO

from cnngen.frameworks.files.opening import regular

HDF5 = b"\x89HDF\r\n\x1a\n"
ARCHIVE = b"PK\x03\x04"
PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))

OF_KERAS = ("metadata.json", "config.json", "model.weights.h5")
"""What is in an archive of Keras."""

OF_TORCH = ("data.pkl", "data", "constants.pkl", "code", "version", "byteorder", ".format_version")
"""What is in an archive of PyTorch's, in a folder of any name."""

LONGEST_HEADER = 100_000_000
"""Bytes; the format of safetensors has no longer one."""


def ending(path: str) -> str:
    """The ending of files of this kind; empty where the beginning does not tell.

    Raises:
        NotWeightsError: it is a pipe or a device.
        OSError: the system does not let it be read.
    """
    with regular(path) as file:
        start = file.read(300)
        if start.startswith(HDF5):
            return _of_hdf5(file)
        if start.startswith(ARCHIVE):
            return _of_archive(start)
        if start.startswith(PICKLES):
            return ".pt"
        return ".safetensors" if _is_safetensors(start, os.fstat(file.fileno()).st_size) else ""


def _of_hdf5(file: BinaryIO) -> str:
    if find_spec("h5py") is None:
        return ""
    from cnngen.frameworks.files import hdf5

    return ".h5" if hdf5.has_layer_names(file) else ".weights.h5"


def _of_archive(start: bytes) -> str:
    """By the name of what is first in it."""
    length = int.from_bytes(start[26:28], "little")
    name = start[30 : 30 + length].decode("utf-8", "replace")
    if name in OF_KERAS:
        return ".keras"
    inside = name.split("/")[1:2]
    return ".pt" if inside and inside[0] in OF_TORCH else ""


def _is_safetensors(start: bytes, size: int) -> bool:
    header = int.from_bytes(start[:8], "little")
    return start[8:9] == b"{" and 8 + header <= size and header <= LONGEST_HEADER
