"""``.pt`` and ``.pth``: what ``torch.save`` writes, read without running anything that is in it."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor as TorchTensor

from cnngen.frameworks.files import state_dict
from cnngen.frameworks.files.base import (
    FLOATS,
    Contents,
    Generated,
    NotWeightsError,
    Tensor,
    WithoutGraph,
)
from cnngen.frameworks.files.types import BFLOAT16
from cnngen.ir import Network
from cnngen.reference import Array

NESTED = ("state_dict", "model_state_dict", "model")
"""Where a checkpoint keeps the weights beside other things."""


class Pickled(WithoutGraph):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    target = "torch"
    keeps_order = True
    alone = "save the weights alone: `torch.save(model.state_dict(), PATH)`"

    def counters(self, network: Network) -> list[str]:
        """Of batch norms."""
        return state_dict.counters(network)

    def read(self, path: str, network: Network) -> Contents:
        """A state dict's tensors, also where it is an entry of a checkpoint."""
        weights, beside = _state_dict(_load(path))
        return Contents({name: _tensor(name, given) for name, given in weights.items()}, beside)

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """A state dict."""
        complete = state_dict.complete(network, arrays)
        try:
            torch.save({name: _torch(array) for name, array in complete.items()}, path)
        except RuntimeError as error:  # what its own writer makes of a full disk
            raise OSError(str(error)) from error

    def save_part(self, part: str) -> str:
        """The part's state dict."""
        return state_dict.save_part(part)


def _load(path: str) -> object:
    """Whatever is in the file, if it is made of tensors, numbers, texts and containers alone."""
    with open(path, "rb") as file, warnings.catch_warnings(action="ignore"):
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise NotWeightsError(_refused(str(error))) from error
        except Exception as error:  # a damaged file can fail in any of the reader's parts
            reason = str(error).split("\n", 1)[0] or type(error).__name__
            raise NotWeightsError(
                f"not a file of PyTorch's, or a damaged one ({reason})"
            ) from error


def _refused(reason: str) -> str:
    name = re.search(r"(?:GLOBAL|class|function) ([\w.]+\.\w+)", reason)
    if name is None:
        return "not a file of PyTorch's, or a damaged one"
    return (
        f"it needs `{name[1]}` to be read, and only tensors, numbers, texts and containers are "
        "read: anything else could run code. Save `model.state_dict()`, not the model"
    )


def _state_dict(loaded: object) -> tuple[Mapping[str, TorchTensor], tuple[str, ...]]:
    """The weights by name, and the names of what is beside them."""
    if not isinstance(loaded, Mapping):
        raise NotWeightsError(f"it holds a {type(loaded).__name__}, not a state dict")
    if {"state", "param_groups"} <= loaded.keys():
        raise NotWeightsError("it holds the state of an optimiser and no weights")
    for name in NESTED:
        if isinstance(loaded.get(name), Mapping):
            weights, beside = _state_dict(loaded[name])
            return weights, (*(str(key) for key in loaded if key != name), *beside)
    tensors = {str(key): value for key, value in loaded.items() if isinstance(value, TorchTensor)}
    if not tensors:
        raise NotWeightsError("there is no tensor in it")
    return tensors, tuple(str(key) for key in loaded if str(key) not in tensors)


def _tensor(name: str, given: TorchTensor) -> Tensor:
    shape, dtype = tuple(given.shape), str(given.dtype).removeprefix("torch.")
    if given.layout is not torch.strided or given.is_quantized or given.device.type != "cpu":
        kind = given.device.type if given.layout is torch.strided else str(given.layout)
        return Tensor(shape, f"{dtype} ({kind.removeprefix('torch.')})", None)
    if dtype not in (*FLOATS, "int64"):
        return Tensor(shape, dtype, None)
    if given.numel() * given.element_size() > given.untyped_storage().nbytes():
        # A file of some bytes could ask for all memory.
        raise NotWeightsError(f"`{name}` is a view that repeats its values: save a copy of it")
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
