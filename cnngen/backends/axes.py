"""The axes of a weight: from the order that the reference has them in to a target's, and back."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from cnngen.backends.base import Slot
from cnngen.ops import Axis, Weight
from cnngen.ops.shapes import AXES
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from cnngen.reference import Array

FLAT_ORDER = ("channels", "positions")
"""The order of a flattened map's elements in the reference."""

WINDOW = "window"
"""What stands in a layout for the axes of the window, whatever their number is."""


class _Part(NamedTuple):
    """What a layout orders: an axis, or one factor of an axis along a flattened map."""

    axis: str
    factor: str
    size: int


def to_target(array: Array, weight: Weight, slot: Slot, flat_order: tuple[str, str]) -> Array:
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


def from_target(array: Array, weight: Weight, slot: Slot, flat_order: tuple[str, str]) -> Array:
    """The inverse of :func:`to_target`."""
    here, there, _ = _parts(weight, slot, flat_order)
    taken_apart = array.reshape([part.size for part in there])
    back = taken_apart.transpose([there.index(part) for part in here])
    return back.reshape([axis.size for axis in weight.axes])


def _parts(
    weight: Weight, slot: Slot, flat_order: tuple[str, str]
) -> tuple[list[_Part], list[_Part], list[int]]:
    """The weight's parts in our order and in the target's, and the shape in the target."""
    axes = {axis.name: axis for axis in weight.axes}
    dimensions = [[axes.pop(name) for name in names] for names in _layout(slot.layout, weight)]
    if axes:
        raise ValueError(f"the layout {slot.layout!r} lacks {', '.join(axes)}")
    here = [part for axis in weight.axes for part in _apart(axis, FLAT_ORDER)]
    there = [part for axes in dimensions for axis in axes for part in _apart(axis, flat_order)]
    return here, there, [math.prod(axis.size for axis in axes) for axes in dimensions]


def _layout(layout: str, weight: Weight) -> list[list[str]]:
    """The names of the axes in each dimension: none where it has size 1."""
    window = " ".join(axis.name for axis in weight.axes if axis.name in AXES)
    dimensions = re.findall(r"\(.*?\)|\S+", re.sub(rf"\b{WINDOW}\b", window, layout))
    return [[] if names == "1" else names.strip("()").split() for names in dimensions]


def _apart(axis: Axis, order: tuple[str, str]) -> list[_Part]:
    if axis.factors is None:
        return [_Part(axis.name, "", axis.size)]
    *positions, channels = axis.factors
    sizes = {"channels": channels, "positions": math.prod(positions)}
    return [_Part(axis.name, factor, sizes[factor]) for factor in order]
