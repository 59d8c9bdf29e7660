"""From a ``.cnn`` text to numbers: the reference, generated torch and generated Keras.

Inputs and outputs are as the reference has them: maps (N, height, width, channels), vectors
(N, features) with a flattened map's channels first.
"""

from __future__ import annotations

import importlib.util
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.ir import Network, layers
from cnngen.ops import Map
from cnngen.reference import Array, evaluate, random_weights, to_target
from cnngen.source import Source

Weights = Mapping[str, Mapping[str, Array]]

TARGETS = ("torch", "keras")


@dataclass(frozen=True)
class Compiled:
    """A source's networks, and for each target the module generated from it and its text."""

    networks: dict[str, Network]
    modules: dict[str, ModuleType]
    texts: dict[str, str]


@cache
def compiled(text: str, name: str = "case.cnn", targets: tuple[str, ...] = TARGETS) -> Compiled:
    """The text compiled and imported; fails on any diagnostic."""
    backends = [backend(target) for target in targets]
    result = compile_source(Source(name, text), backends, debug=True)
    assert not result.diagnostics, [d.message for d in result.diagnostics]
    assert result.module is not None
    texts = {output.target: output.text for output in result.outputs}
    modules = {target: imported(text, target) for target, text in texts.items()}
    return Compiled({n.name: n for n in result.module.networks}, modules, texts)


_FOLDER = tempfile.TemporaryDirectory(prefix="cnngen-numeric-")
_NUMBER = itertools.count()


def imported(text: str, target: str) -> ModuleType:
    """A generated module, imported from a file as a user would."""
    name = f"generated_{next(_NUMBER)}_{target}"
    path = Path(_FOLDER.name) / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Problem(NamedTuple):
    """Weights and inputs, rounded to the type that is tested, but held in float64."""

    weights: dict[str, dict[str, Array]]
    x: Array
    dtype: str

    def take(self, batch: int) -> Problem:
        """The same with the first inputs only."""
        return self._replace(x=self.x[:batch])

    def rounded(self, own: Mapping[str, Array]) -> dict[str, Array]:
        """A layer's arrays, rounded like the others."""
        return {name: _rounded(array, self.dtype) for name, array in own.items()}


def problem(network: Network, dtype: str, batch: int, seed: int = 0, scale: float = 1.0) -> Problem:
    """Random weights and inputs for a network; ``scale`` is the inputs' standard deviation."""
    weights = random_weights(network, seed)
    rounded = {
        path: {k: _rounded(v, dtype) for k, v in own.items()} for path, own in weights.items()
    }
    shape = network.body.input
    sizes = shape[:3] if isinstance(shape, Map) else shape[:1]
    x = np.random.default_rng(seed + 1).normal(0, scale, (batch, *sizes))
    return Problem(rounded, _rounded(x, dtype), dtype)


def _rounded(array: Array, dtype: str) -> Array:
    return array if dtype == "float64" else array.astype(dtype).astype("float64")


def reference(network: Network, given: Problem) -> Array:
    """The reference's output in float64."""
    return evaluate(network, given.weights, given.x)


# --- torch -----------------------------------------------------------------------------------


def torch_model(source: Compiled, network: Network, given: Problem) -> Any:
    """The torch module in evaluation mode, with the weights."""
    import torch

    model = getattr(source.modules["torch"], network.name)()
    model = model.to(getattr(torch, given.dtype)).eval()
    load_torch(model, network, given.weights)
    return model


def load_torch(model: Any, network: Network, weights: Weights) -> None:
    """Load weights into a torch module; every one must have its place, and every place one."""
    import torch

    state = {
        key: torch.from_numpy(array) for key, array in target_weights("torch", network, weights)
    }
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected
    assert all(key.endswith("num_batches_tracked") for key in missing), missing


def run_torch(model: Any, given: Problem) -> Array:
    """The output of a torch module."""
    import torch

    with torch.no_grad():
        return from_torch(model(torch_input(given)))


def torch_input(given: Problem) -> Any:
    """The inputs as torch takes them: maps channels first."""
    import torch

    return torch.from_numpy(channels_first(given.x).astype(given.dtype, order="C"))


def channels_first(x: Array) -> Array:
    """A batch of maps as torch has it; vectors stay as they are."""
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def from_torch(y: Any) -> Array:
    """A tensor as the reference has it."""
    array: Array = y.detach().numpy()
    return array.transpose(0, 2, 3, 1) if array.ndim == 4 else array


@contextmanager
def torch_heads(model: Any) -> Iterator[None]:
    """Side heads run as in training, while all layers still evaluate."""
    model.training = True  # of the network alone, not of what is in it
    try:
        yield
    finally:
        model.training = False


def torch_layers(model: Any, network: Network, given: Problem) -> dict[str, Array]:
    """The output of every layer of a torch module by the layer's path: a hook sees it."""
    import torch

    found: dict[str, Array] = {}

    def watch(path: str) -> None:
        def keep(_module: Any, _inputs: Any, output: Any) -> None:
            found[path] = from_torch(output.clone())

        model.get_submodule(path).register_forward_hook(keep)

    for path, _ in layers(network.body):
        watch(path)
    with torch.no_grad(), torch_heads(model):
        model(torch_input(given))
    return found


# --- Keras -----------------------------------------------------------------------------------


@contextmanager
def keras_floats(dtype: str) -> Iterator[None]:
    """Everything in Keras in ``dtype``."""
    import keras

    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


def keras_model(source: Compiled, network: Network, given: Problem) -> Any:
    """The Keras model with the weights; to be called within :func:`keras_floats`."""
    import keras

    # All weights are loaded, and drawing a hundred million first takes longer than all else.
    drawn = patch.object(keras.initializers.VarianceScaling, "__call__", _zeros)
    with drawn:
        model = getattr(source.modules["keras"], network.name)()
    load_keras(model, network, given.weights)
    return model


def _zeros(_self: object, shape: tuple[int, ...], dtype: Any = None, **_: Any) -> Any:
    import keras

    return keras.ops.zeros(shape, dtype)


def load_keras(model: Any, network: Network, weights: Weights) -> None:
    """Load weights into a Keras model; every one must have its place, and every place one."""
    places = {
        f"{layer.name}.{variable.name}": variable
        for layer in model.layers
        for variable in layer.weights
    }
    assert len(places) == len(model.weights)
    for key, array in target_weights("keras", network, weights):
        variable = places.pop(key)
        assert variable.shape == array.shape, key
        variable.assign(array)
    assert not places, "no weight for these"


def run_keras(model: Any, given: Problem) -> Array:
    """The output of a Keras model in inference."""
    import keras

    y = model(given.x.astype(given.dtype), training=False)
    output: Array = keras.ops.convert_to_numpy(y)
    return output


PARTS = ("_crop", "_strided")
"""Ends of the names of Keras layers that come after another and belong to it."""


def keras_layers(model: Any, network: Network, given: Problem) -> dict[str, Array]:
    """The outputs of a Keras model's layers by the layers' paths.

    Those without a name of their own are left out, and so are flattened maps, whose order is
    Keras' own.
    """
    import keras

    by_name = {layer.name: layer for layer in model.layers}
    wanted: dict[str, Any] = {}
    for path, layer in layers(network.body):
        name = backend("keras").path(path)
        name = next((name + part for part in PARTS if name + part in by_name), name)
        if name in by_name and getattr(layer.output, "factors", None) is None:
            wanted[path] = by_name[name].output
    if not wanted:
        return {}
    outputs = keras.Model(model.inputs, wanted)(given.x.astype(given.dtype), training=False)
    return {path: keras.ops.convert_to_numpy(y) for path, y in outputs.items()}


def target_weights(target: str, network: Network, weights: Weights) -> Iterator[tuple[str, Array]]:
    """Each weight as a target keeps it, under ``<the target's path>.<the slot's key>``."""
    to = backend(target)
    for path, layer in layers(network.body):
        slots = to.slots(layer)
        for weight in layer.op.weights(layer.input):
            slot = slots[weight.name]
            array = to_target(weights[path][weight.name], weight, slot, to.flat_order)
            yield f"{to.path(path)}.{slot.key}", np.ascontiguousarray(array)


# --- comparing -------------------------------------------------------------------------------


def outputs(
    source: Compiled, network: Network, given: Problem, batches: Iterable[int]
) -> list[dict[str, Array]]:
    """For each batch size, the output of the reference and of each target compiled for."""
    parts = [given.take(batch) for batch in batches]
    found = [{"reference": reference(network, part)} for part in parts]
    if "torch" in source.modules:
        model = torch_model(source, network, given)
        for part, by_name in zip(parts, found, strict=True):
            by_name["torch"] = run_torch(model, part)
        del model  # large networks do not fit twice
    if "keras" in source.modules:
        with keras_floats(given.dtype):
            model = keras_model(source, network, given)
            for part, by_name in zip(parts, found, strict=True):
                by_name["keras"] = run_keras(model, part)
    return found


def assert_agree(
    source: Compiled,
    network: Network,
    given: Problem,
    batches: Iterable[int],
    tolerance: Callable[[Network, tuple[str, str], str], float],
) -> None:
    """All outputs agree in pairs, for each batch size; see :func:`error`."""
    for found in outputs(source, network, given, batches):
        for name, output in found.items():
            assert name == "reference" or output.dtype == given.dtype, name
        for a, b in combinations(found, 2):
            what = f"{a} and {b}, batch {len(found[a])}"
            assert_close(found[b], found[a], tolerance(network, (a, b), given.dtype), what)


def error(a: Array, b: Array) -> float:
    """The largest difference, relative to the largest value of ``b``; NaN if anything is NaN."""
    assert a.shape == b.shape
    away = float(np.max(np.abs(a.astype("float64") - b.astype("float64"))))
    return away / (float(np.max(np.abs(b))) or 1.0)


def assert_close(a: Array, b: Array, tolerance: float, what: str) -> None:
    """Fail unless the :func:`error` is within the tolerance."""
    found = error(a, b)
    assert found <= tolerance, f"{what}: differ by {found:.2e}, allowed {tolerance:.0e}"
