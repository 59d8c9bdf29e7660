"""Weights: random ones, and their layout in a target."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from cnngen.backends.base import Slot
from cnngen.ir import Layer, Network, layers
from cnngen.ops import Axis, Weight
from cnngen.record import NamedTuple
from cnngen.reference.table import Array

FLAT_ORDER = ("channels", "height", "width")
"""The order of a flattened map's elements here."""


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
    fan_in = layer.op.macs(layer.at.input) / layer.at.output.elements
    return random.normal(0, math.sqrt(2 / fan_in), shape)


def _normal(deviation: float) -> Draw:
    return lambda random, _layer, shape: random.normal(0, deviation, shape)


def _between(low: float, high: float) -> Draw:
    return lambda random, _layer, shape: random.uniform(low, high, shape)


RANDOM: dict[str, Draw] = {
    "kernel": _kernel,
    "bias": _normal(0.2),
    "scale": _between(0.5, 1.5),
    "shift": _normal(0.2),
    "mean": _normal(0.5),
    "variance": _between(0.5, 1.5),
    "slope": _between(-0.2, 0.5),
}
"""How to draw a weight, by its name."""


class _Part(NamedTuple):
    """What a layout orders: an axis, or one factor of an axis along a flattened map."""

    axis: str
    factor: str
    size: int


def to_target(array: Array, weight: Weight, slot: Slot, flat_order: tuple[str, str, str]) -> Array:
    """The weight as a target keeps it.

    Args:
        array: indexed by the weight's axes; along a flattened map, channels first.
        weight: what the array is.
        slot: the target's layout of it.
        flat_order: the order in which the target flattens a map.
    """
    here, there, shape = _parts(weight, slot, flat_order)
    taken_apart = array.reshape([part.size for part in here])
    return taken_apart.transpose([here.index(part) for part in there]).reshape(shape)


def target_shape(weight: Weight, slot: Slot) -> tuple[int, ...]:
    """The shape of a weight in a target; see :func:`to_target`."""
    return tuple(_parts(weight, slot, FLAT_ORDER)[2])


def from_target(
    array: Array, weight: Weight, slot: Slot, flat_order: tuple[str, str, str]
) -> Array:
    """The inverse of :func:`to_target`."""
    here, there, _ = _parts(weight, slot, flat_order)
    taken_apart = array.reshape([part.size for part in there])
    back = taken_apart.transpose([there.index(part) for part in here])
    return back.reshape([axis.size for axis in weight.axes])


def _parts(
    weight: Weight, slot: Slot, flat_order: tuple[str, str, str]
) -> tuple[list[_Part], list[_Part], list[int]]:
    """The weight's parts in our order and in the target's, and the shape in the target."""
    axes = {axis.name: axis for axis in weight.axes}
    dimensions = [[axes.pop(name) for name in names] for names in _layout(slot.layout)]
    if axes:
        raise ValueError(f"the layout {slot.layout!r} lacks {', '.join(axes)}")
    here = [part for axis in weight.axes for part in _apart(axis, FLAT_ORDER)]
    there = [part for axes in dimensions for axis in axes for part in _apart(axis, flat_order)]
    return here, there, [math.prod(axis.size for axis in axes) for axes in dimensions]


def _layout(layout: str) -> list[list[str]]:
    """The names of the axes in each dimension: none where it has size 1."""
    dimensions = re.findall(r"\(.*?\)|\S+", layout)
    return [[] if names == "1" else names.strip("()").split() for names in dimensions]


def _apart(axis: Axis, order: tuple[str, str, str]) -> list[_Part]:
    if axis.factors is None:
        return [_Part(axis.name, "", axis.size)]
    sizes = dict(zip(("height", "width", "channels"), axis.factors, strict=True))
    return [_Part(axis.name, factor, sizes[factor]) for factor in order]
