"""``*.index.json``: which of several files beside it holds each weight.

The files are of one format, ``.safetensors`` or what ``torch.save`` writes.
"""

from __future__ import annotations

import json
import os

from cnngen.frameworks.files.base import (
    Contents,
    FileFormat,
    NotWeightsError,
    Sets,
    Tensor,
    WithoutGraph,
)
from cnngen.frameworks.files.opening import Budget, regular
from cnngen.frameworks.files.state_dict import counters
from cnngen.ir import Network

LARGEST_INDEX = 16 << 20
"""Bytes; it has a hundred for each weight."""


class Sharded(WithoutGraph):
    """See :class:`cnngen.frameworks.files.base.FileFormat`; ``form`` is that of the files."""

    target = "torch"

    keeps_order = False  # the index is sorted

    def __init__(self, form: FileFormat) -> None:
        self.form = form

    def counters(self, network: Network) -> list[str]:
        """Of batch norms."""
        return counters(network)

    def read(self, path: str, network: Network) -> Sets:
        """The weights of all files, each of which has those that the index says and no others."""
        wanted: dict[str, set[str]] = {}
        for name, file in _index(path).items():
            wanted.setdefault(os.path.join(os.path.dirname(path), file), set()).add(name)
        Budget.of_network(network).spend("the files have", sum(map(_size, wanted)))
        tensors: dict[str, Tensor] = {}
        for file, names in wanted.items():
            tensors |= self._shard(file, names, network)
        return {"": Contents(tensors)}

    def _shard(self, path: str, names: set[str], network: Network) -> dict[str, Tensor]:
        file = os.path.basename(path)
        try:
            found = self.form.read(path, network)
        except NotWeightsError as error:
            raise NotWeightsError(f"`{file}`: {error}", error.hint) from error
        if found.keys() != {""}:
            raise NotWeightsError(f"`{file}` is more than a part of the weights")
        tensors = found[""].tensors
        if tensors.keys() != names:
            odd = sorted(tensors.keys() ^ names)[0]
            raise NotWeightsError(f"the index and `{file}` differ about `{odd}`")
        return tensors


def _index(path: str) -> dict[str, str]:
    """The file that holds each weight, as the index says."""
    with regular(path) as file:
        data = file.read(LARGEST_INDEX + 1)
    if len(data) > LARGEST_INDEX:
        raise NotWeightsError(f"the index has more than {LARGEST_INDEX >> 20} MiB")
    try:
        found = json.loads(data)["weight_map"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise NotWeightsError("not an index of weights in several files") from error
    if not isinstance(found, dict) or not found:
        raise NotWeightsError("the index names no weights")
    for file in found.values():
        if not isinstance(file, str) or not _is_plain(file):
            raise NotWeightsError(f"{file!r} is no name of a file beside the index")
    return found


def _is_plain(name: str) -> bool:
    """Whether a name is a file's own, on any system, with no folder in it."""
    return name not in ("", ".", "..") and not set(name) & set("/\\:\0")


def _size(path: str) -> int:
    """The size of a file beside the index, which has to be there."""
    try:
        with regular(path) as file:
            return os.fstat(file.fileno()).st_size
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotWeightsError(f"the file `{os.path.basename(path)}` is not beside it") from error
