"""What ``torch.save`` writes, such as ``.pt``: nothing that is in it is run to read it."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import nullcontext
from typing import IO, BinaryIO

import numpy as np
import torch
from torch import Tensor as TorchTensor

from cnngen.diagnostics.render import one_line
from cnngen.frameworks.files import state_dict
from cnngen.frameworks.files.base import (
    FLOATS,
    Generated,
    NotWeightsError,
    Sets,
    Tensor,
    WithoutGraph,
)
from cnngen.frameworks.files.containers import sets
from cnngen.frameworks.files.content import ARCHIVE
from cnngen.frameworks.files.opening import Budget, opened
from cnngen.frameworks.files.pickles import maker
from cnngen.frameworks.files.sharded import Sharded
from cnngen.frameworks.files.types import BFLOAT16
from cnngen.ir import Network
from cnngen.reference import Array

DAMAGED = "not a file of PyTorch's, or a damaged one"

WOULD_RUN = "nothing is read that could run code"

PICKLE = "data.pkl"
"""Where an archive keeps what the arrays are in, below the folder that all is in."""

SCRIPT = "constants.pkl"
"""What archives of programs have as well."""


class Pickled(WithoutGraph):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    target = "torch"
    keeps_order = True

    def counters(self, network: Network) -> list[str]:
        """Of batch norms."""
        return state_dict.counters(network)

    def read(self, path: str, network: Network) -> Sets:
        """State dicts, wherever they are in the containers of a checkpoint."""
        budget = Budget.of_network(network)

        def read(name: str, given: TorchTensor) -> Tensor:
            return _tensor(name, given, budget)

        return sets(_load(path, network), lambda each: isinstance(each, TorchTensor), read)

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """A state dict."""
        complete = state_dict.complete(network, arrays)
        try:
            torch.save({name: _torch(array) for name, array in complete.items()}, path)
        except RuntimeError as error:  # what its own writer makes of a full disk
            raise OSError(str(error)) from error


def _load(path: str, network: Network) -> object:
    """Whatever is in the file, if it is made of tensors, numbers, texts and containers alone."""
    with opened(path, network) as file, warnings.catch_warnings(action="ignore"):
        _check(file, path, network)
        file.seek(0)
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise _refused(path, str(error)) from error
        except Exception as error:  # a damaged file can fail in any of the reader's parts
            reason = str(error).split("\n", 1)[0] or type(error).__name__
            raise NotWeightsError(f"{DAMAGED} ({reason})") from error


def _check(file: BinaryIO, path: str, network: Network) -> None:
    """Refuse what is not weights by their names, and what would take all memory."""
    archive = file.read(len(ARCHIVE)) == ARCHIVE
    file.seek(0)
    with _pickle_of(file, path, network) if archive else nullcontext(file) as pickled:
        made_by = maker(pickled, after_headers=not archive)
    if made_by:
        raise NotWeightsError(
            f"it holds a whole `{one_line(made_by)}`, not its weights, and {WOULD_RUN}",
            f"where you trust it: `{_saved(f'torch.load({path!r}, weights_only=False)')}`",
        )


def _pickle_of(file: BinaryIO, path: str, network: Network) -> IO[bytes]:
    """The pickle in an archive, of which no more is unpacked than the network needs."""
    try:
        archive = zipfile.ZipFile(file)
        members = {info.filename.partition("/")[2]: info for info in archive.infolist()}
        unpacked = sum(info.file_size for info in archive.infolist())
    except Exception as error:  # a damaged one can fail in any of the library's parts
        raise NotWeightsError(DAMAGED) from error
    if SCRIPT in members:
        raise NotWeightsError(
            f"it is a program of TorchScript, not weights alone, and {WOULD_RUN}",
            f"where you trust it: `{_saved(f'torch.jit.load({path!r})')}`",
        )
    if PICKLE not in members:
        raise NotWeightsError(f"{DAMAGED} (there is no `{PICKLE}` in it)")
    Budget.of_network(network).spend("unpacked, it has", unpacked)
    try:
        return archive.open(members[PICKLE])
    except Exception as error:  # or wants a password
        raise NotWeightsError(DAMAGED) from error


def _saved(model: str) -> str:
    """The line that saves the weights of a model alone."""
    return f"torch.save({model}.state_dict(), 'weights.pt')"


def _refused(path: str, reason: str) -> NotWeightsError:
    name = re.search(r"(?:GLOBAL|class|function) ([\w.]+\.\w+)", reason)
    if name is None:
        return NotWeightsError(DAMAGED)
    loaded = f"torch.load({path!r}, weights_only=False)"
    return NotWeightsError(
        f"it needs `{name[1]}` to be read beside tensors, numbers, texts and containers, and "
        f"{WOULD_RUN}",
        "where you trust it, save the weights alone, under the key that they have in it: "
        f"`torch.save({loaded}['state_dict'], 'weights.pt')`",
    )


def _tensor(name: str, given: TorchTensor, budget: Budget) -> Tensor:
    shape, dtype = tuple(given.shape), str(given.dtype).removeprefix("torch.")
    if given.layout is not torch.strided or given.is_quantized or given.device.type != "cpu":
        kind = given.device.type if given.layout is torch.strided else str(given.layout)
        return Tensor(shape, f"{dtype} ({kind.removeprefix('torch.')})", None)
    if dtype not in (*FLOATS, "int64"):
        return Tensor(shape, dtype, None)
    if given.numel() * given.element_size() > given.untyped_storage().nbytes():
        # A file of some bytes could ask for all memory.
        raise NotWeightsError(f"`{name}` is a view that repeats its values: save a copy of it")
    if not given.is_contiguous():  # a copy is made, of each of many views of the same values
        budget.spend("its tensors have", given.numel() * given.element_size())
    return Tensor(shape, dtype, _array(given.detach().contiguous()))


def _array(given: TorchTensor) -> Array:
    if given.dtype is torch.bfloat16:
        bits: Array = given.view(torch.int16).numpy()
        return bits.view(BFLOAT16)
    array: Array = given.numpy()
    return array


def _torch(array: Array) -> TorchTensor:
    copy = np.array(array, order="C")
    if copy.dtype == BFLOAT16:
        return torch.from_numpy(copy.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(copy)


FORMAT = Pickled()
SHARDED = Sharded(FORMAT)
