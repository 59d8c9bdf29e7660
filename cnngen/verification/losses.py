"""The loss that is trained on when networks are compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnngen.frameworks import MAIN, Loss
from cnngen.ir import Network, SideHead
from cnngen.reference import Array


def shares(network: Network) -> dict[str, float]:
    """How often the loss of each output counts."""
    heads = [item for item in network.body.items if isinstance(item, SideHead)]
    return {MAIN: 1.0, **{head.name: head.weight for head in heads}}


def squares(goals: Mapping[str, Array], counts: Mapping[str, float]) -> Loss:
    """Mean squares of what is missing to the goals, relative to the goals' own, added up."""

    def loss(outputs: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
        value = 0.0
        slopes = {}
        for name, y in outputs.items():
            goal = goals[name]
            missing = y.astype("float64") - goal
            factor = counts.get(name, 1.0) / float(np.sum(np.square(goal)))
            value += factor * float(np.sum(np.square(missing)))
            slopes[name] = 2 * factor * missing
        return value, slopes

    return loss


def goals(outputs: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Random values of the outputs' size."""
    random = np.random.default_rng(seed)
    return {
        name: random.normal(0, 1, y.shape) * (float(np.std(y)) or 1.0)
        for name, y in sorted(outputs.items())
    }
