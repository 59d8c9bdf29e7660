"""Random weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from cnngen.ir import Layer, Network, layers
from cnngen.reference.table import Array


def random_weights(network: Network, seed: int) -> dict[str, dict[str, Array]]:
    """Weights in float64 by layer path and weight name, for layers that have any.

    Kernels are normal with variance 2 / fan-in, so that values keep their size through rectified
    layers (He et al., 2015, section 2.2); statistics and all else are far from their defaults.
    """
    random = np.random.default_rng(seed)
    return {
        path: {
            weight.name: RANDOM[weight.name](
                random, layer, tuple(axis.size for axis in weight.axes)
            )
            for weight in layer.op.weights(layer.at.input)
        }
        for path, layer in layers(network.body)
        if layer.op.weights(layer.at.input)
    }


Draw = Callable[[Generator, Layer, tuple[int, ...]], Array]


def _kernel(random: Generator, layer: Layer, shape: tuple[int, ...]) -> Array:
    fan_in = layer.macs / layer.at.output.elements
    return random.normal(0, math.sqrt(2 / fan_in), shape)


def _depthwise(random: Generator, layer: Layer, shape: tuple[int, ...]) -> Array:
    _, _, *window = shape
    return random.normal(0, math.sqrt(2 / math.prod(window)), shape)


def _pointwise(random: Generator, layer: Layer, shape: tuple[int, ...]) -> Array:
    _, fan_in = shape
    return random.normal(0, math.sqrt(2 / fan_in), shape)


def _normal(deviation: float) -> Draw:
    return lambda random, _layer, shape: random.normal(0, deviation, shape)


def _between(low: float, high: float) -> Draw:
    return lambda random, _layer, shape: random.uniform(low, high, shape)


RANDOM: dict[str, Draw] = {
    "kernel": _kernel,
    "depthwise": _depthwise,
    "pointwise": _pointwise,
    "bias": _normal(0.2),
    "scale": _between(0.5, 1.5),
    "shift": _normal(0.2),
    "mean": _normal(0.5),
    "variance": _between(0.5, 1.5),
    "slope": _between(-0.2, 0.5),
}
"""How to draw a weight, by its name."""
