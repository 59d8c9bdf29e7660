"""The loss that is trained on when networks are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cnngen.frameworks import Loss
from cnngen.ir import Network, Output, outputs, side_heads
from cnngen.reference import Array

CONSTANT = 1e-3
"""A deviation that is less than this share of the values."""


def loss_weights(network: Network) -> dict[str, float]:
    """What the loss of each output is multiplied by."""
    named = [item for item in network.body.items if isinstance(item, Output)]
    weights = dict.fromkeys(outputs(network), 1.0)
    weights |= {label: item.weight for item in named for label in item.labels}
    return weights | {each.name: each.weight for each in side_heads(network)}


def squared_error(goals: Mapping[str, Array], weights: Mapping[str, float]) -> Loss:
    """Squared errors relative to the squares of the goals, added up with the weights.

    An output without a goal does not count.
    """

    def loss(outputs: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
        value = 0.0
        gradients = {name: np.zeros(y.shape) for name, y in outputs.items()}
        for name in sorted(outputs.keys() & goals.keys()):
            error = outputs[name].astype("float64") - goals[name]
            factor = weights.get(name, 1.0) / float(np.sum(np.square(goals[name])))
            value += factor * float(np.sum(np.square(error)))
            gradients[name] = 2 * factor * error
        return value, gradients

    return loss


def goals(outputs: Mapping[str, Array], seed: Sequence[int]) -> dict[str, Array]:
    """What outputs are trained towards: random values as far apart as theirs are."""
    random = np.random.default_rng(seed)
    return {name: random.normal(0, 1, y.shape) * _spread(y) for name, y in sorted(outputs.items())}


def _spread(y: Array) -> float:
    """The deviation; of what is all but constant, whose deviation is rounding, a part of it."""
    return max(float(np.std(y)), CONSTANT * float(np.sqrt(np.mean(np.square(y))))) or 1.0
