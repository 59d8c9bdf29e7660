"""Arrays of an HDF5 file that nobody vouches for: it may name other files, or be endless."""

from __future__ import annotations

import io
import math
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

import h5py
import numpy as np

from cnngen.frameworks.files.base import FLOATS, MOST_LEVELS, NotWeightsError, Tensor
from cnngen.frameworks.files.opening import Budget
from cnngen.frameworks.files.types import BFLOAT16
from cnngen.record import NamedTuple

HEAP = b"GCOL\x01\x00\x00\x00"
"""How a heap of texts begins."""


TEXTS = ("name", "model_config")

LISTS = ("layer_names", "weight_names")
"""Attributes that are looked at; a long list is in several with numbers after the name."""


class Found(NamedTuple):
    """An array, or a group if there is no ``tensor``, with those of its attributes that count."""

    path: tuple[str, ...]
    tensor: Tensor | None
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]


def read(data: bytes, budget: Budget, unread: Collection[str]) -> list[Found]:
    """All groups and arrays of a file, each after the group that it is in, the root first.

    Args:
        data: the file.
        budget: how much it may unpack to.
        unread: groups of the root whose arrays are not read, but for their shapes.

    Raises:
        NotWeightsError: it is no HDF5 file, damaged, points elsewhere, or unpacks to too much.
    """
    _check_heaps(data)
    try:
        with h5py.File(io.BytesIO(data), "r") as root:
            walk = _Walk(budget, unread)
            return [_group(root, ()), *walk.within(root, ())]
    except NotWeightsError:
        raise
    except Exception as error:  # a damaged file can fail in any of the library's parts
        reason = str(error).split("\n", 1)[0]
        raise NotWeightsError(f"not an HDF5 file, or a damaged one ({reason})") from error


def has_layer_names(file: BinaryIO) -> bool:
    """Whether it has a list of layers, or a group with one, as files of Keras 2 do."""
    try:
        with h5py.File(file, "r") as root:
            return any(each.startswith(LISTS[0]) for each in root.attrs) or "model_weights" in root
    except Exception:  # a damaged file can fail in any of the library's parts
        return False


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


class _Walk:
    def __init__(self, budget: Budget, unread: Collection[str]) -> None:
        self.budget = budget
        self.unread = unread
        self._seen: set[int] = set()

    def within(self, group: h5py.Group, path: tuple[str, ...]) -> Iterator[Found]:
        """What is in a group, in an order that counts."""
        if len(path) > MOST_LEVELS:
            raise NotWeightsError(f"groups are more than {MOST_LEVELS} levels deep")
        for key in sorted(group, key=_counted):
            here = (*path, key)
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise NotWeightsError(f"`{'/'.join(here)}` is a link, and links are not followed")
            item = group[key]
            address = h5py.h5o.get_info(item.id).addr
            if address in self._seen:
                raise NotWeightsError(f"`{'/'.join(here)}` is there under two names")
            self._seen.add(address)
            if isinstance(item, h5py.Group):
                yield _group(item, here)
                yield from self.within(item, here)
            elif isinstance(item, h5py.Dataset):
                yield Found(here, self._tensor(here, item), {}, {})

    def _tensor(self, path: tuple[str, ...], given: h5py.Dataset) -> Tensor:
        name, kind = "/".join(path), _type(given)
        if given.external or given.is_virtual:
            raise NotWeightsError(f"`{name}` is kept in another file, and no other file is read")
        if given.shape is None:
            return Tensor((), "empty", None)
        shape = tuple(given.shape)
        if path[0] in self.unread or kind not in FLOATS:
            return Tensor(shape, kind, None)
        self.budget.spend("unpacked, its arrays have", _unpacked(given))
        _check_written(name, given)
        array = np.array(given[()])
        return Tensor(shape, kind, array.view(BFLOAT16) if kind == "bfloat16" else array)


def _type(given: h5py.Dataset) -> str:
    """The name of an array's type; Keras says of one that HDF5 does not know."""
    bits = given.dtype.itemsize == BFLOAT16.itemsize and given.attrs.get("dtype") == "bfloat16"
    return "bfloat16" if bits else str(given.dtype)


def _chunks(given: h5py.Dataset) -> int:
    """How many chunks an array is in."""
    sizes = zip(given.shape, given.chunks, strict=True)
    return math.prod(int(-(-size // chunk)) for size, chunk in sizes)


def _unpacked(given: h5py.Dataset) -> int:
    """The bytes that reading an array takes: chunks are unpacked whole, also beyond its end."""
    if given.chunks is None:
        return int(given.nbytes)
    return int(_chunks(given) * math.prod(given.chunks) * given.dtype.itemsize)


def _check_written(name: str, given: h5py.Dataset) -> None:
    """Refuse an array that was declared and has no values: the library reads zeros there."""
    if given.chunks is None:
        written = given.id.get_storage_size() >= given.nbytes
    else:
        written = given.id.get_num_chunks() == _chunks(given)
    if not written:
        raise NotWeightsError(f"the values of `{name}` were never written, or in part")


def _group(group: h5py.Group, path: tuple[str, ...]) -> Found:
    texts = {name: _text(group.attrs[name]) for name in TEXTS if name in group.attrs}
    lists = {name: _list(group, name) for name in LISTS}
    return Found(path, None, texts, {name: found for name, found in lists.items() if found})


def _list(group: h5py.Group, name: str) -> tuple[str, ...]:
    """The texts of an attribute, or of those with numbers that it was divided into."""
    names = (
        [name] if name in group.attrs else [f"{name}{count}" for count in range(len(group.attrs))]
    )
    found = [np.ravel(group.attrs[each]) for each in names if each in group.attrs]
    return tuple(_text(each) for part in found for each in part)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _counted(key: str) -> list[str | int]:
    """A key to sort by that has numbers in it: Keras counts layers of a class, and variables."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]{1,9})", key)]
