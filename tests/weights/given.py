"""Networks, and files of their weights that the frameworks themselves wrote."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import ml_dtypes
import numpy as np
import torch
from safetensors.torch import load_file, save_file

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.frameworks import framework
from cnngen.frameworks.keras import floats, own_names
from cnngen.ir import Network
from cnngen.reference import Array
from cnngen.source import Source

SMALL = """
network Small(classes=3) {
    input 6x5x2
    conv 4 3x3 pad=1, bn, prelu, dropout 0.1
    flatten, dense 5, relu, dense classes
}
"""

TORCH = (".safetensors", ".pt", ".pth")
KERAS = (".weights.h5", ".keras")
ENDINGS = (*TORCH, *KERAS)
BITS = {"float32": np.uint32, "float64": np.uint64, "float16": np.uint16, "bfloat16": np.uint16}
COUNTER = "num_batches_tracked"


@cache
def network(text: str) -> Network:
    """The first network of a source."""
    result = compile_source(Source("net.cnn", text), [])
    assert result.complete
    return result.module.networks[0]


@cache
def module(text: str, target: str) -> ModuleType:
    """The generated module."""
    (output,) = compile_source(Source("net.cnn", text), [backend(target)]).outputs
    return framework(target).module(output.text)


def torch_state(text: str, dtype: str = "float32", **arguments: int) -> dict[str, torch.Tensor]:
    """The state dict of the generated module: random bits, NaNs and all, that depend on names."""
    state = getattr(module(text, "torch"), network(text).name)(**arguments).state_dict()
    return {
        name: tensor
        if name.endswith(COUNTER)
        else tensor_of(bits(name, tuple(tensor.shape), dtype))
        for name, tensor in state.items()
    }


def bits(name: str, shape: tuple[int, ...], dtype: str) -> Array:
    """Random bits, among them a negative zero and a NaN with a payload."""
    random = np.random.default_rng(sum(name.encode()))
    kind = BITS[dtype]
    drawn = random.integers(0, np.iinfo(kind).max, shape, kind, endpoint=True)
    drawn.flat[0] = kind(1) << kind(drawn.itemsize * 8 - 1)
    drawn.flat[-1] = ~(kind(3) << kind(drawn.itemsize * 8 - 2)) ^ kind(4)
    return drawn.view(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)


def tensor_of(array: Array) -> torch.Tensor:
    """An array as torch has it."""
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def raw(tensor: Any) -> bytes:
    """The bits of a tensor of torch's, or of a variable or an array."""
    if isinstance(tensor, torch.Tensor):
        return tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes()
    return np.asarray(tensor).tobytes()


def write_torch(path: Path, state: Mapping[str, torch.Tensor]) -> Path:
    """A state dict as torch or safetensors writes it."""
    if path.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    else:
        torch.save(dict(state), path)
    return path


def read_torch(path: Path) -> dict[str, torch.Tensor]:
    """A state dict as torch or safetensors reads it."""
    if path.suffix == ".safetensors":
        return load_file(path)
    state: dict[str, torch.Tensor] = torch.load(path, weights_only=True)
    return state


def keras_model(text: str, dtype: str = "float32", **arguments: int) -> Any:
    """A generated model as Keras starts it."""
    with floats(dtype):
        return getattr(module(text, "keras"), network(text).name)(**arguments)


def with_bits(model: Any, dtype: str = "float32") -> Any:
    """The model with random bits."""
    for name, variable in own_names(model).items():
        variable.assign(bits(name, tuple(variable.shape), dtype))
    return model


def write_keras(path: Path, model: Any) -> Path:
    """A model as Keras saves it."""
    if path.suffix == ".keras":
        model.save(path)
    else:
        model.save_weights(path)
    return path


def read_keras(path: Path, text: str, dtype: str = "float32") -> dict[str, bytes]:
    """The bits of the variables that Keras reads from a file, by name."""
    import keras

    if path.suffix == ".keras":
        model = keras.saving.load_model(path)
    else:
        model = keras_model(text, dtype)
        model.load_weights(path)
    found = own_names(model)
    assert {variable.dtype for variable in found.values()} == {dtype}
    return {name: raw(variable.value.numpy()) for name, variable in found.items()}


def small_file(folder: Path, ending: str, dtype: str = "float32") -> Path:
    """Weights of the small network in a file of any format, written by its framework."""
    path = folder / f"small{ending}"
    if ending in TORCH:
        return write_torch(path, torch_state(SMALL, dtype))
    return write_keras(path, with_bits(keras_model(SMALL, dtype), dtype))
