"""From a ``.cnn`` text to numbers: the reference, generated torch and generated Keras.

Inputs and outputs are as the reference has them: maps (N, positions, channels), vectors
(N, features) with a flattened map's channels first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from types import ModuleType
from typing import Any

import numpy as np

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.frameworks import framework
from cnngen.ir import MAIN, Network
from cnngen.reference import Array, evaluate
from cnngen.source import Source
from cnngen.verification.differences import difference
from cnngen.verification.problem import Problem, problem

__all__ = ["Problem", "problem"]

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
    assert result.complete
    texts = {output.target: output.text for output in result.outputs}
    modules = {target: framework(target).module(text) for target, text in texts.items()}
    return Compiled({n.name: n for n in result.module.networks}, modules, texts)


def reference(network: Network, given: Problem) -> Array:
    """The reference's output in float64; of several, all together."""
    return together(evaluate(network, given.weights, given.inputs))


def together(outputs: Mapping[str, Array]) -> Array:
    """The only output as it is, or all values of several in the order of their names."""
    first, *others = outputs.values()
    if not others:
        return first
    return np.concatenate([y.reshape(len(y), -1) for _, y in sorted(outputs.items())], axis=1)


# --- targets ---------------------------------------------------------------------------------


def subject(target: str, source: Compiled, network: Network, given: Problem) -> Any:
    """A target's model as the product runs it (cnngen.frameworks), with the weights."""
    model = framework(target).build(source.modules[target], network, given.dtype)
    model.load(given.weights)
    return model


def torch_model(source: Compiled, network: Network, given: Problem) -> Any:
    """The torch module itself, in evaluation mode."""
    return subject("torch", source, network, given).module


def run_torch(model: Any, given: Problem) -> Array:
    """The output of a torch module, or its outputs together."""
    import torch

    with torch.no_grad():
        made = model(*torch_inputs(given))
    outputs = made._asdict() if isinstance(made, tuple) else {MAIN: made}
    return together({name: from_torch(y) for name, y in outputs.items()})


def torch_inputs(given: Problem) -> list[Any]:
    """The inputs as torch takes them: maps channels first."""
    import torch

    return [
        torch.from_numpy(channels_first(x).astype(given.dtype, order="C"))
        for x in given.inputs.values()
    ]


def torch_input(given: Problem) -> Any:
    """The only input as torch takes it."""
    (x,) = torch_inputs(given)
    return x


def channels_first(x: Array) -> Array:
    """A batch of maps as torch has it; vectors stay as they are."""
    return np.moveaxis(x, -1, 1)


def from_torch(y: Any) -> Array:
    """A tensor as the reference has it."""
    from cnngen.frameworks.torch import from_tensor

    return from_tensor(y)


@contextmanager
def torch_heads(model: Any) -> Iterator[None]:
    """Side heads run as in training, while all layers still evaluate."""
    model.training = True  # of the network alone, not of what is in it
    try:
        yield
    finally:
        model.training = False


def keras_floats(dtype: str) -> AbstractContextManager[None]:
    """Everything in Keras in ``dtype``."""
    return framework("keras").floats(dtype)


def keras_model(source: Compiled, network: Network, given: Problem) -> Any:
    """The Keras model itself; to be called within :func:`keras_floats`."""
    return subject("keras", source, network, given).model


def run_keras(model: Any, given: Problem) -> Array:
    """The output of a Keras model in inference, or its outputs together."""
    import keras

    inputs = {name: x.astype(given.dtype) for name, x in given.inputs.items()}
    made = model(inputs if len(inputs) > 1 else next(iter(inputs.values())), training=False)
    outputs = made if isinstance(made, dict) else {MAIN: made}
    return together({name: keras.ops.convert_to_numpy(y) for name, y in outputs.items()})


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
    return difference(a, b).relative


def assert_close(a: Array, b: Array, tolerance: float, what: str) -> None:
    """Fail unless the :func:`error` is within the tolerance."""
    found = error(a, b)
    assert found <= tolerance, f"{what}: differ by {found:.2e}, allowed {tolerance:.0e}"
