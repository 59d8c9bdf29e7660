"""Arrays of an HDF5 file that nobody vouches for: it may name other files, or be endless."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator

import h5py
import numpy as np

from cnngen.frameworks.files.base import FLOATS, MOST_LEVELS, NotWeightsError, Tensor
from cnngen.frameworks.files.types import BFLOAT16
from cnngen.record import NamedTuple

MOST_EXPANSION = 100
"""How many times larger arrays may be than what the file has of them."""


HEAP = b"GCOL\x01\x00\x00\x00"
"""How a heap of texts begins."""


class Found(NamedTuple):
    """An array, or a group if there is no ``tensor``; ``name`` is its attribute of this name."""

    path: tuple[str, ...]
    name: str
    tensor: Tensor | None


def read(data: bytes) -> list[Found]:
    """All groups and arrays of a file, each after the group that it is in.

    Raises:
        NotWeightsError: it is no HDF5 file, damaged, or points elsewhere.
    """
    _check_heaps(data)
    try:
        with h5py.File(io.BytesIO(data), "r") as root:
            return list(_walk(root, (), set()))
    except NotWeightsError:
        raise
    except Exception as error:  # a damaged file can fail in any of the library's parts
        reason = str(error).split("\n", 1)[0]
        raise NotWeightsError(f"not an HDF5 file, or a damaged one ({reason})") from error


def _check_heaps(data: bytes) -> None:
    """Refuse what the library would read for ever: free space of no size in a heap of texts.

    HDF5 file format 3.0, III.E: 16 bytes of header, then objects with 16 bytes of their own; the
    one with number 0 is free space, and its size counts these.
    """
    start, left = data.find(HEAP), len(data)
    while start >= 0:
        end = min(start + int.from_bytes(data[start + 8 : start + 16], "little"), len(data))
        place = start + 16
        while place + 16 <= end:
            number, size = struct.unpack_from("<H6xQ", data, place)
            left -= 16
            if (number == 0 and size < 16) or left < 0:  # heaps inside one another
                raise NotWeightsError("an HDF5 file that is damaged (free space without a size)")
            place += size if number == 0 else 16 + (size + 7) // 8 * 8
        start = data.find(HEAP, start + 1)


def _walk(group: h5py.Group, path: tuple[str, ...], seen: set[int]) -> Iterator[Found]:
    if len(path) > MOST_LEVELS:
        raise NotWeightsError(f"groups are more than {MOST_LEVELS} levels deep")
    for key in sorted(group, key=_counted):
        here = (*path, key)
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise NotWeightsError(f"`{'/'.join(here)}` is a link, and links are not followed")
        item = group[key]
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            raise NotWeightsError(f"`{'/'.join(here)}` is there under two names")
        seen.add(address)
        if isinstance(item, h5py.Group):
            yield Found(here, _text(item, "name"), None)
            yield from _walk(item, here, seen)
        elif isinstance(item, h5py.Dataset):
            yield Found(here, "", _tensor("/".join(here), item))


def _counted(key: str) -> list[str | int]:
    """A key to sort by that has numbers in it: Keras counts layers of a class, and variables."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]{1,9})", key)]


def _text(item: h5py.Group | h5py.Dataset, attribute: str) -> str:
    value = item.attrs.get(attribute)
    return value if isinstance(value, str) else ""


def _tensor(path: str, given: h5py.Dataset) -> Tensor:
    if given.external or given.is_virtual:
        raise NotWeightsError(f"`{path}` is kept in another file, and no other file is read")
    if given.shape is None:
        return Tensor((), "empty", None)
    if given.nbytes > MOST_EXPANSION * max(given.id.get_storage_size(), 1):
        raise NotWeightsError(f"`{path}` has {given.nbytes:,} bytes that are not in the file")
    shape = tuple(given.shape)
    if _text(given, "dtype") == "bfloat16" and given.dtype.itemsize == BFLOAT16.itemsize:
        return Tensor(shape, "bfloat16", np.array(given[()]).view(BFLOAT16))
    name = str(given.dtype)
    return Tensor(shape, name, np.array(given[()]) if name in FLOATS else None)
