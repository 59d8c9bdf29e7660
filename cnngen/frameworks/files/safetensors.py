"""``.safetensors``: names, shapes and bytes of tensors, with a state dict's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from cnngen.frameworks.files import state_dict
from cnngen.frameworks.files.base import (
    Contents,
    Generated,
    NotWeightsError,
    Sets,
    Tensor,
    WithoutGraph,
)
from cnngen.frameworks.files.opening import opened
from cnngen.frameworks.files.sharded import Sharded
from cnngen.frameworks.files.types import numpy_type
from cnngen.ir import Network
from cnngen.reference import Array

TYPES = {"F32": "float32", "F64": "float64", "F16": "float16", "BF16": "bfloat16", "I64": "int64"}
"""Our names of the format's."""


class Safetensors(WithoutGraph):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    target = "torch"
    keeps_order = False  # the library sorts by type and name

    def counters(self, network: Network) -> list[str]:
        """Of batch norms."""
        return state_dict.counters(network)

    def read(self, path: str, network: Network) -> Sets:
        """All tensors, which are one set."""
        with opened(path, network) as file:
            data = file.read()
        try:
            tensors = {name: _tensor(given) for name, given in _read(data)}
        except SafetensorError as error:
            raise NotWeightsError(f"not a .safetensors file, or a damaged one ({error})") from error
        if not tensors:
            raise NotWeightsError("there is no tensor in it")
        return {"": Contents(tensors)}

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """All weights and counters."""
        data = save(state_dict.complete(network, arrays), metadata={"format": "pt"})
        with open(path, "wb") as file:  # the library's own way leaves the file to its owner alone
            file.write(data)


def _read(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    untyped: Any = deserialize
    found: list[tuple[str, dict[str, Any]]] = untyped(data)
    return found


def _tensor(given: Mapping[str, Any]) -> Tensor:
    shape = tuple(given["shape"])
    name = TYPES.get(given["dtype"])
    if name is None:
        return Tensor(shape, given["dtype"].lower(), None)
    array = np.frombuffer(given["data"], numpy_type(name).newbyteorder("<")).reshape(shape)
    return Tensor(shape, name, array)


FORMAT = Safetensors()
SHARDED = Sharded(FORMAT)
