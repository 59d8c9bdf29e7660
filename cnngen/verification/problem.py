"""What networks are compared on: random weights and inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cnngen.frameworks import Key, Weights, by_path
from cnngen.ir import Network, inputs
from cnngen.record import NamedTuple
from cnngen.reference import Array, Batch, random_weights, sizes_of

LEAST_VARIANCE = 1e-3
"""Added to a variance, so that a constant has one."""


class Problem(NamedTuple):
    """Weights and inputs, rounded to the type that is compared, but held in float64.

    ``seed`` is that of all that is drawn, for each purpose from a stream of its own.
    """

    weights: dict[str, dict[str, Array]]
    inputs: dict[str, Array]
    dtype: str
    seed: int = 0

    @property
    def x(self) -> Array:
        """The only input."""
        (x,) = self.inputs.values()
        return x

    @property
    def batch(self) -> int:
        """How many there are of each input."""
        return min(map(len, self.inputs.values()))

    def take(self, batch: int) -> Problem:
        """The same with the first of each input only."""
        return self._replace(inputs={name: x[:batch] for name, x in self.inputs.items()})

    def rounded(self, own: Mapping[str, Array]) -> dict[str, Array]:
        """A layer's arrays, rounded like the others."""
        return {name: _rounded(array, self.dtype) for name, array in own.items()}


def problem(network: Network, dtype: str, batch: int, seed: int = 0, scale: float = 1.0) -> Problem:
    """Random weights and inputs for a network; ``scale`` is the inputs' standard deviation."""
    given = Problem({}, random_inputs(network, dtype, batch, [seed, 1], scale), dtype, seed)
    weights = random_weights(network, seed)
    return given._replace(weights={path: given.rounded(own) for path, own in weights.items()})


def random_inputs(
    network: Network, dtype: str, batch: int, seed: int | Sequence[int], scale: float = 1.0
) -> dict[str, Array]:
    """A batch of each input, normal."""
    random = np.random.default_rng(seed)
    return {
        name: _rounded(random.normal(0, scale, (batch, *sizes_of(shape))), dtype)
        for name, shape in inputs(network).items()
    }


def calibrated(given: Problem, batches: Mapping[str, Sequence[Batch]]) -> Problem:
    """The same with statistics that fit the inputs, as after training.

    With random ones, a deep network's values grow from layer to layer until a sigmoid only
    magnifies what is rounding.

    Args:
        given: what is to be calibrated.
        batches: what the batch norms see of the inputs, which their statistics do not change.
    """
    weights = dict(given.weights)
    for path, (batch, *_) in batches.items():
        rounded = given.rounded({"mean": batch.mean, "variance": batch.variance})
        weights[path] = weights[path] | rounded
    return given._replace(weights=weights)


def trained(given: Problem, batches: Mapping[str, Sequence[Batch]]) -> Problem:
    """The same as if trained on other inputs: statistics are near those of these, not theirs.

    That holds for a constant too: its mean alone would leave nothing but its rounding.
    """
    random = np.random.default_rng([given.seed, 2])
    fitting = calibrated(given, batches)
    weights = dict(fitting.weights)
    for path in batches:
        own = weights[path]
        variance = own["variance"] + LEAST_VARIANCE
        mean = own["mean"] + 0.2 * np.sqrt(variance) * random.normal(0, 1, variance.shape)
        variance = variance * random.uniform(0.7, 1.4, variance.shape)
        weights[path] = own | given.rounded({"mean": mean, "variance": variance})
    return fitting._replace(weights=weights)


def nested(weights: Mapping[Key, Array]) -> Weights:
    """Weights by path and name, in float64."""
    return by_path({key: array.astype("float64") for key, array in weights.items()})


def _rounded(array: Array, dtype: str) -> Array:
    return array if dtype == "float64" else array.astype(dtype).astype("float64")
