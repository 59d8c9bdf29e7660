"""One step of training: forward with the batch's statistics, and backward.

What the reference says of it are the outputs and the statistics; gradients are compared between
the targets. The loss is a fixed random combination of all outputs, which no symmetry makes zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from cnngen.backends import backend
from cnngen.ir import Network, SideHead, layers
from cnngen.ops import BatchNorm
from cnngen.reference import TABLE, Array, evaluate, from_target, side_heads
from cnngen.reference.table import Weights as Own
from numeric.harness import (
    Compiled,
    Problem,
    channels_first,
    from_torch,
    keras_floats,
    keras_model,
    torch_input,
    torch_model,
)

MAIN = "main"
"""What the output is called that is no side head's."""

Key = tuple[str, str]
"""A layer's path and a weight's name."""


class Batch(NamedTuple):
    """A batch norm's input: its mean and biased variance, and how many values a channel has."""

    mean: Array
    variance: Array
    count: int


class Step(NamedTuple):
    """What a step gives: outputs, gradients, and all weights after it; laid out as here."""

    outputs: dict[str, Array]
    gradients: dict[Key, Array]
    x: Array
    weights: dict[Key, Array]


def reference_step(network: Network, given: Problem) -> tuple[dict[str, Array], dict[str, Batch]]:
    """The outputs in training, and of each batch norm what it sees, by its path."""
    paths = {id(own): path for path, own in given.weights.items()}
    meaning = TABLE.functions[BatchNorm]
    batches: dict[str, Batch] = {}

    def with_batch(op: BatchNorm, own: Own, x: Array) -> Array:
        """Ioffe & Szegedy, 2015, algorithm 1."""
        axes = tuple(range(x.ndim - 1))
        batch = Batch(x.mean(axes), x.var(axes), x[..., 0].size)
        batches[paths[id(own)]] = batch
        return meaning(op, {**own, "mean": batch.mean, "variance": batch.variance}, x)

    with patch.dict(TABLE.functions, {BatchNorm: with_batch}):
        outputs = {MAIN: evaluate(network, given.weights, given.x)}
        if any(isinstance(item, SideHead) for item in network.body.items):
            outputs |= side_heads(network, given.weights, given.x)
    return outputs, batches


def calibrated(network: Network, given: Problem) -> Problem:
    """The same with statistics that fit the inputs, as after training.

    With random ones, a deep network's values grow from layer to layer until a sigmoid only
    magnifies what is rounding.
    """
    weights = dict(given.weights)
    for path, batch in reference_step(network, given)[1].items():
        rounded = given.rounded({"mean": batch.mean, "variance": batch.variance})
        weights[path] = weights[path] | rounded
    return given._replace(weights=weights)


def moved(
    network: Network, given: Problem, batches: Mapping[str, Batch], target: str
) -> dict[Key, Array]:
    """The statistics after a step, as the target's documentation says they are.

    The share of the new batch is the op's ``momentum``. Of the batch's variance torch keeps the
    unbiased estimate, Keras the biased one (docs/targets.md).
    """
    found: dict[Key, Array] = {}
    ops: dict[str, Any] = {path: layer.op for path, layer in layers(network.body)}
    for path, batch in batches.items():
        unbiased = batch.count / (batch.count - 1) if target == "torch" else 1.0
        before, new = given.weights[path], ops[path].momentum
        found[path, "mean"] = (1 - new) * before["mean"] + new * batch.mean
        variance = unbiased * batch.variance
        found[path, "variance"] = (1 - new) * before["variance"] + new * variance
    return found


def combination(outputs: Mapping[str, Array]) -> dict[str, Array]:
    """What each output is multiplied by in the loss."""
    random = np.random.default_rng(7)
    return {name: random.normal(0, 1, y.shape) for name, y in sorted(outputs.items())}


# --- targets ---------------------------------------------------------------------------------


def torch_step(source: Compiled, network: Network, given: Problem) -> Step:
    """A step of the torch module."""
    import torch

    model = torch_model(source, network, given).train()
    x = torch_input(given).requires_grad_()
    made = model(x)
    outputs = made._asdict() if isinstance(made, tuple) else {MAIN: made}
    factors = combination({name: from_torch(y) for name, y in outputs.items()})
    loss = sum(
        (y * torch.from_numpy(channels_first(factors[name]))).sum() for name, y in outputs.items()
    )
    loss.backward()
    parameters = dict(model.named_parameters())
    gradients = {
        key: torch.zeros_like(value) if value.grad is None else value.grad
        for key, value in parameters.items()
    }
    return Step(
        {name: from_torch(y) for name, y in outputs.items()},
        _weights("torch", network, gradients),
        from_torch(x.grad),
        torch_weights(model, network),
    )


def keras_step(source: Compiled, network: Network, given: Problem) -> Step:
    """A step of the Keras model, on its TensorFlow backend."""
    import tensorflow as tf

    with keras_floats(given.dtype):
        model = keras_model(source, network, given)
        x = tf.constant(given.x.astype(given.dtype))
        with tf.GradientTape() as tape:
            tape.watch(x)
            made = model(x, training=True)
            outputs = made if isinstance(made, dict) else {MAIN: made}
            factors = combination({name: y.numpy() for name, y in outputs.items()})
            loss = sum(tf.reduce_sum(y * factors[name]) for name, y in outputs.items())
        values = [variable.value for variable in model.trainable_variables]
        *slopes, x_slope = tape.gradient(loss, [*values, x], unconnected_gradients="zero")
        slope_of = {
            id(variable): slope
            for variable, slope in zip(model.trainable_variables, slopes, strict=True)
        }
        gradients = {
            key: slope_of[id(variable)]
            for key, variable in _variables(model).items()
            if id(variable) in slope_of
        }
        return Step(
            {name: y.numpy() for name, y in outputs.items()},
            _weights("keras", network, gradients),
            x_slope.numpy(),
            keras_weights(model, network),
        )


STEPS = {"torch": torch_step, "keras": keras_step}


def torch_weights(model: Any, network: Network) -> dict[Key, Array]:
    """What a torch module has now, as here."""
    return _weights("torch", network, dict([*model.named_parameters(), *model.named_buffers()]))


def keras_weights(model: Any, network: Network) -> dict[Key, Array]:
    """What a Keras model has now, as here."""
    values = {key: variable.value for key, variable in _variables(model).items()}
    return _weights("keras", network, values)


def _variables(model: Any) -> dict[str, Any]:
    return {
        f"{layer.name}.{variable.name}": variable
        for layer in model.layers
        for variable in layer.weights
    }


def _weights(target: str, network: Network, there: Mapping[str, Any]) -> dict[Key, Array]:
    """What a target keeps by its own keys, as here; it may lack what is not trained."""
    to = backend(target)
    found: dict[Key, Array] = {}
    expected = set(there)
    for path, layer in layers(network.body):
        for weight in layer.op.weights(layer.input):
            slot = to.slots(layer)[weight.name]
            key = f"{to.path(path)}.{slot.key}"
            assert key in there or not weight.trained, key
            if key in there:
                array = there[key].detach().numpy() if target == "torch" else there[key].numpy()
                found[path, weight.name] = from_target(array, weight, slot, to.flat_order)
                expected.discard(key)
    assert all(key.endswith("num_batches_tracked") for key in expected), expected
    return found


# --- comparing -------------------------------------------------------------------------------


def distance(a: Mapping[Key, Array], b: Mapping[Key, Array]) -> float:
    """How far all gradients are from one another, relative to their length together.

    Some are zero but for rounding, as that of a bias before a batch norm, so that none can be
    judged by itself.
    """
    assert a.keys() == b.keys()
    if not a:
        return 0.0
    away = sum(float(np.sum(np.square(a[key] - b[key]))) for key in a)
    whole = sum(float(np.sum(np.square(b[key]))) for key in b)
    return math.sqrt(away / whole)
