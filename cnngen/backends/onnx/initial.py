"""Weights as they start, drawn with NumPy: what ``init=`` says, and torch's default else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import Generator

from cnngen import ops
from cnngen.backends.axes import from_target, target_shape
from cnngen.backends.onnx.place import FLAT_ORDER
from cnngen.backends.onnx.slots import slots
from cnngen.ir import Layer, Network, layers
from cnngen.ops.initial import Initial
from cnngen.record import NamedTuple
from cnngen.reference import Array

SEED = 0

KERNELS = ("kernel", "depthwise", "pointwise")

USUAL = ("default", "torch")
"""What has torch's distributions; biases too are drawn then."""


class Fans(NamedTuple):
    """The inputs that an output of a kernel is summed over, and the outputs that an input is in."""

    fan_in: int
    fan_out: int

    @property
    def fan_avg(self) -> float:
        """The mean of both."""
        return (self.fan_in + self.fan_out) / 2


def initial_weights(network: Network) -> dict[str, dict[str, Array]]:
    """All weights that a network starts with, by the layer's path and the weight's name.

    The same each time: in the order of execution, from one seed.
    """
    random = np.random.default_rng(SEED)
    return {path: dict(_of_layer(random, layer)) for path, layer in layers(network.body)}


def _of_layer(random: Generator, layer: Layer) -> Iterator[tuple[str, Array]]:
    op: Any = layer.op
    kept = slots(layer)
    fans = Fans(1, 1)
    for weight in op.weights(layer.at.input):
        slot = kept[weight.name]
        shape = target_shape(weight, slot)
        if weight.name in KERNELS:
            fans = _fans(shape)
            array = _kernel(random, op, shape, fans)
        elif weight.name == "bias":
            bound = 1 / math.sqrt(fans.fan_in) if op.init.kind in USUAL else 0.0
            array = random.uniform(-bound, bound, shape)
        else:
            array = np.full(shape, _start(op, weight.name))
        yield weight.name, from_target(array, weight, slot, FLAT_ORDER)


def _start(op: Any, name: str) -> float:
    """The number that all values of a weight start at which is not drawn."""
    if isinstance(op, ops.PRelu):
        return 0.25
    if isinstance(op, ops.LayerScale):
        return op.start
    if isinstance(op, ops.GlobalResponseNorm) or getattr(op, "zero_scale", False):
        return 1.0 if name == "variance" else 0.0
    return 1.0 if name in ("scale", "variance") else 0.0


def _fans(shape: tuple[int, ...]) -> Fans:
    """As torch counts them for a kernel of this shape."""
    first, second, *window = shape
    return Fans(second * math.prod(window), first * math.prod(window))


def _kernel(random: Generator, op: Any, shape: tuple[int, ...], fans: Fans) -> Array:
    init: Initial = op.init
    if init.kind in ("zeros", "ones", "constant"):
        value = {"zeros": 0.0, "ones": 1.0}.get(init.kind, init.value)
        return np.full(shape, value)
    if init.kind == "truncated_normal":
        return init.deviation * _within_two(random, shape)
    if init.kind == "orthogonal":
        return _orthogonal(random, shape)
    if init.kind in USUAL:
        return _drawn(random, "uniform", 1 / (3 * fans.fan_in), shape)
    if init.kind == "keras":
        return _drawn(random, "uniform", 1 / _fans_of_keras(op, shape, fans).fan_avg, shape)
    fan = getattr(fans, init.mode)
    return _drawn(random, init.distribution, init.scale / fan, shape)


def _fans_of_keras(op: Any, shape: tuple[int, ...], fans: Fans) -> Fans:
    """A depthwise kernel has there the input channels as one axis and their filters as another."""
    if not isinstance(op, ops.DepthwiseConv | ops.SeparableConv) or shape[1] != 1:
        return fans
    cells = math.prod(shape[2:])
    return Fans(shape[0] // op.multiplier * cells, op.multiplier * cells)


def _drawn(random: Generator, distribution: str, variance: float, shape: tuple[int, ...]) -> Array:
    if distribution == "normal":
        return random.normal(0, math.sqrt(variance), shape)
    bound = math.sqrt(3 * variance)
    return random.uniform(-bound, bound, shape)


def _within_two(random: Generator, shape: tuple[int, ...]) -> Array:
    """Normal numbers, drawn again where they are more than two deviations from zero."""
    drawn = random.normal(0, 1, shape)
    while (far := np.abs(drawn) > 2).any():
        drawn[far] = random.normal(0, 1, int(far.sum()))
    return drawn


def _orthogonal(random: Generator, shape: tuple[int, ...]) -> Array:
    """A matrix of the first axis by all others with orthonormal rows, or columns."""
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(random.normal(0, 1, (max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))  # any such matrix is as likely (Mezzadri, 2007)
    return (q if rows >= columns else q.T).reshape(shape)
