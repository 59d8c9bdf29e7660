"""Maps whose axes are taken apart and put together again in another order.

Shuffles of channels and of pixels are written that way. Nothing is said of such a value before it
is a map again: then its axes tell which shuffle it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnngen.ops import ChannelShuffle, Map, Op, PixelShuffle, PixelUnshuffle
from cnngen.record import NamedTuple


class Part(NamedTuple):
    """A factor of an axis of a map; ``stride`` is how far its neighbours are apart on that axis."""

    axis: int
    size: int
    stride: int


class Change(NamedTuple):
    """What was done to a value: ``shape`` it has after it, ``order`` of axes if these moved."""

    shape: tuple[int, ...]
    order: tuple[int, ...] | None = None


class View(NamedTuple):
    """A map as it is seen: of each axis the parts, and what was done one after another."""

    dims: tuple[tuple[Part, ...], ...]
    changes: tuple[Change, ...]


def whole(x: Map) -> View:
    """A map as it is."""
    sizes = (*x.sizes, x.channels)
    return View(tuple(_kept((Part(axis, size, 1),)) for axis, size in enumerate(sizes)), ())


def _kept(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.size > 1)


def regrouped(view: View, target: Sequence[int]) -> View | None:
    """The same parts in their order, as axes of other sizes; None where parts do not divide."""
    left = [part for parts in view.dims for part in parts]
    dims = []
    for size in target:
        own: list[Part] = []
        while size > 1:
            if not left:
                return None
            part = left.pop(0)
            if size % part.size == 0:
                own.append(part)
                size //= part.size
            elif part.size % size == 0:
                rest = part.size // size
                own.append(Part(part.axis, size, part.stride * rest))
                left.insert(0, Part(part.axis, rest, part.stride))
                size = 1
            else:
                return None
        dims.append(_joined(own))
    return View(tuple(dims), (*view.changes, Change(tuple(target))))


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Neighbours that were one as one again."""
    made: list[Part] = []
    for part in parts:
        before = made[-1] if made else None
        if before and before.axis == part.axis and before.stride == part.size * part.stride:
            made[-1] = Part(part.axis, before.size * part.size, part.stride)
        else:
            made.append(part)
    return tuple(made)


def turned(view: View, order: Sequence[int]) -> View:
    """The axes in another order."""
    shape = view.changes[-1].shape
    change = Change(tuple(shape[place] for place in order), tuple(order))
    return View(tuple(view.dims[place] for place in order), (*view.changes, change))


def words(x: Map, view: View) -> list[Op] | None:
    """The layers that make of a map what is seen; None where none do."""
    if len(view.dims) != x.axes + 1:
        return None
    for made in _candidates(x, view):
        if _seen(x, made) == view.dims:
            return made
    return None


def _candidates(x: Map, view: View) -> list[list[Op]]:
    """Layers that could have made it, by the sizes that there are."""
    own = [part for part in view.dims[-1] if part.axis == x.axes]
    found: list[list[Op]] = [[]]
    found += [[ChannelShuffle(part.size)] for part in own]
    if x.axes != 2:
        return found
    height = view.changes[-1].shape[0]
    if height > x.sizes[0] and height % x.sizes[0] == 0:
        factor = height // x.sizes[0]
        shuffle: list[Op] = [PixelShuffle(factor)]
        found += [shuffle, [ChannelShuffle(factor**2), *shuffle]]
    elif x.sizes[0] % height == 0:
        found.append([PixelUnshuffle(x.sizes[0] // height)])
    return found


def _seen(x: Map, made: Sequence[Op]) -> Any:
    """What these layers make of a map, by the reshapes and turns that each of them is."""
    view: View | None = whole(x)
    for op in made:
        *sizes, channels = [_size(parts) for parts in view.dims] if view else [0]
        if view is None:
            return None
        if isinstance(op, ChannelShuffle):
            if channels % op.groups:
                return None
            apart = (*sizes, op.groups, channels // op.groups)
            place = len(sizes)
            order = (*range(place), place + 1, place)
            together: tuple[int, ...] = (*sizes, channels)
        elif isinstance(op, PixelShuffle):
            (height, width), f = sizes, op.factor
            if channels % f**2:
                return None
            apart, order = (height, width, channels // f**2, f, f), (0, 3, 1, 4, 2)
            together = (height * f, width * f, channels // f**2)
        else:
            assert isinstance(op, PixelUnshuffle)
            (height, width), f = sizes, op.factor
            if height % f or width % f:
                return None
            apart, order = (height // f, f, width // f, f, channels), (0, 2, 4, 1, 3)
            together = (height // f, width // f, channels * f**2)
        parted = regrouped(view, apart)
        view = None if parted is None else regrouped(turned(parted, order), together)
    return None if view is None else view.dims


def _size(parts: Sequence[Part]) -> int:
    total = 1
    for part in parts:
        total *= part.size
    return total
