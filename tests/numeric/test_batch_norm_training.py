"""One step of training: batch norm uses the batch, and moves its statistics as documented.

The share of the new batch is the op's ``momentum`` in both targets. Of the batch's variance torch
keeps the unbiased estimate, Keras the biased one (docs/targets.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnngen.ir import Network
from cnngen.ops import BatchNorm
from cnngen.reference import Array
from numeric.harness import (
    Compiled,
    Problem,
    assert_close,
    compiled,
    keras_floats,
    keras_model,
    problem,
    torch_model,
)

# Keras casts a momentum to float32 on the way: numbers with a short binary fraction survive that.
SOURCES = {
    "map": "input 5x7x3\nbn momentum=0.25 eps=1e-3",
    "vector": "input 6\nbn momentum=0.125",
    "default momentum": "input 5x7x3\nbn",
}


def expected(network: Network, given: Problem) -> tuple[Array, Array, Array, int]:
    """The output and the batch's mean and biased variance by the definition, and the count."""
    (layer,) = network.body.items
    op: Any = layer.op  # type: ignore[union-attr]
    assert isinstance(op, BatchNorm)
    axes = tuple(range(given.x.ndim - 1))
    mean, variance = given.x.mean(axes), given.x.var(axes)
    own = given.weights["bn1"]
    y = (given.x - mean) / np.sqrt(variance + op.eps) * own["scale"] + own["shift"]
    return y, mean, variance, given.x.size // given.x.shape[-1]


def train_torch(source: Compiled, network: Network, given: Problem) -> tuple[Array, Array, Array]:
    import torch

    model = torch_model(source, network, given).train()
    channels_first = np.ascontiguousarray(np.moveaxis(given.x, -1, 1))
    y: Array = model(torch.from_numpy(channels_first)).detach().numpy()
    return np.moveaxis(y, 1, -1), model.bn1.running_mean.numpy(), model.bn1.running_var.numpy()


def train_keras(source: Compiled, network: Network, given: Problem) -> tuple[Array, Array, Array]:
    with keras_floats("float64"):
        model = keras_model(source, network, given)
        y: Array = np.asarray(model(given.x, training=True))
        layer = model.get_layer("bn1")
        return y, np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)


@pytest.mark.parametrize("body", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("target", ["torch", "keras"])
def test_a_step_moves_the_statistics(target: str, body: str) -> None:
    source = compiled(f"network Case {{\n{body}\n}}\n")
    network = source.networks["Case"]
    given = problem(network, "float64", 4)
    y, mean, variance, count = expected(network, given)
    train = train_torch if target == "torch" else train_keras
    output, moved_mean, moved_variance = train(source, network, given)

    (layer,) = network.body.items
    share = layer.op.momentum  # type: ignore[union-attr]
    if target == "torch":
        variance = variance * count / (count - 1)
    own = given.weights["bn1"]
    tolerance = 1e-7 if share == 0.1 and target == "keras" else 1e-12
    assert_close(output, y, 1e-12, "output")
    assert_close(moved_mean, (1 - share) * own["mean"] + share * mean, tolerance, "mean")
    expected_variance = (1 - share) * own["variance"] + share * variance
    assert_close(moved_variance, expected_variance, tolerance, "variance")
