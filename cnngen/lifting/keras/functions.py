"""Functions of ``keras.ops``, and operators between values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from cnngen import ops
from cnngen.lifting.keras.merging import LOWEST
from cnngen.lifting.keras.operators import constant, two
from cnngen.lifting.keras.shaping import permuted_view, reshaped_view
from cnngen.lifting.keras.sides import bordered, resized
from cnngen.lifting.keras.site import (
    Site,
    UnsaidError,
    Value,
    built,
    last,
    only,
    positions,
    says,
    sizes,
)
from cnngen.ops import Map, Op

# --- what leaves a value as it is ----------------------------------------------------------------


@says("ops.ConvertToTensor", "ops.Copy")
def _same(site: Site) -> Value:
    return only(site)


@says("ops.Cast")
def _cast(site: Site) -> Value:
    """Between types of real numbers."""
    if "float" not in str(site.layer.dtype):
        raise UnsaidError(f"it makes numbers of the type {site.layer.dtype}")
    return only(site)


# --- reductions ----------------------------------------------------------------------------------


def _axes(given: Any, x: Value) -> tuple[int, ...]:
    """The axes, counted with the batch; all if none is given."""
    rank = x.axes + 2
    if given is None:
        return tuple(range(rank))
    found = given if isinstance(given, (tuple, list)) else (given,)
    return tuple(sorted(axis % rank for axis in found))


def _reduced(site: Site, over_positions: type[Op], over_channels: type[Op]) -> Value:
    function, x = site.layer, only(site)
    shape, axes = x.known, _axes(site.layer.axis, x)
    if isinstance(shape, Map) and axes == tuple(range(1, x.axes + 1)):
        y = site.step(built(over_positions, x.axes, kernel="global"), x)
        return y if function.keepdims else site.step(ops.Flatten(), y)
    if axes == (x.axes + 1,) and function.keepdims:
        return site.step(over_channels(), x)
    raise UnsaidError(f"it goes over the axes {', '.join(map(str, axes))}")


@says("ops.Mean")
def _mean(site: Site) -> Value:
    return _reduced(site, ops.AvgPool, ops.ChannelMean)


@says("ops.Max", "ops.Amax")
def _max(site: Site) -> Value:
    return _reduced(site, ops.MaxPool, ops.ChannelMax)


# --- parts ---------------------------------------------------------------------------------------


def _channels(site: Site, x: Value, start: int, stop: int) -> Value:
    if (start, stop) == (0, x.known.channels):
        return x
    return site.step(built(ops.ChannelSlice, x.axes, start=start, stop=stop), x)


@says("ops.Split")
def _split(site: Site) -> list[Value]:
    function, x = site.layer, only(site)
    if not last(function.axis, x):
        raise UnsaidError(f"it splits along axis {function.axis}, not along the channels")
    channels, given = x.known.channels, function.indices_or_sections
    if isinstance(given, int):
        inner = tuple(range(channels // given, channels, channels // given))
    else:
        inner = sizes(given)
    borders = [0, *inner, channels]
    return [_channels(site, x, start, stop) for start, stop in pairwise(borders)]


@says("ops.GetItem")
def _item(site: Site) -> Value:
    """A part of the channels, or of the positions."""
    x, key = two(site)
    rank = x.axes + 2
    parts = tuple(key) if isinstance(key, (tuple, list)) else (key,)  # a file has lists alone
    slices = _slices(parts, rank)
    shape = x.known
    own = (*shape.sizes, shape.channels) if isinstance(shape, Map) else (shape.features,)
    if slices[0] != slice(None):
        raise UnsaidError("it takes some of a batch")
    bounds = [part.indices(size) for part, size in zip(slices[1:], own, strict=True)]
    *of_positions, (start, stop, by) = bounds
    if by != 1 or any(step < 1 or b <= a for a, b, step in bounds):
        raise UnsaidError("it leaves channels in between out, or turns an axis round")
    pairs = [(a, size - b) for (a, b, _), size in zip(of_positions, own, strict=False)]
    y = x
    if any(before or after for before, after in pairs):
        y = site.step(bordered(ops.Crop, x.axes, pairs), x)
    y = _thinned(site, y, tuple(step for _, _, step in of_positions))
    return _channels(site, y, start, stop)


def _thinned(site: Site, x: Value, stride: tuple[int, ...]) -> Value:
    """Every stride-th position: a pool of windows of one cell."""
    if all(step == 1 for step in stride):
        return x
    op = built(ops.MaxPool, x.axes, kernel=(1,) * x.axes, stride=stride)
    return site.step(op, x)


@says("ops.Take")
def _take_places(site: Site) -> Value:
    """Places along one axis: some that lie together, the nearest ones, or the edge repeated."""
    function = site.layer
    x, given = two(site)
    axis = (0 if function.axis is None else function.axis) % (x.axes + 2)
    places = [int(place) for place in constant(given).ravel()]
    if axis == 0 or function.axis is None or constant(given).ndim != 1 or min(places) < 0:
        raise UnsaidError("it takes places of a batch, or single ones")
    first, last_ = places[0], places[-1]
    together = places == list(range(first, last_ + 1))
    if axis == x.axes + 1:
        if not together:
            raise UnsaidError("it takes channels that do not lie together")
        return _channels(site, x, first, last_ + 1)
    return _positions_taken(site, x, axis - 1, places, together=together)


def _positions_taken(
    site: Site, x: Value, axis: int, places: list[int], *, together: bool
) -> Value:
    given = positions(x).sizes
    size, count = given[axis], len(places)
    if together:
        pairs = [(0, 0)] * len(given)
        pairs[axis] = (places[0], size - 1 - places[-1])
        return x if pairs[axis] == (0, 0) else site.step(bordered(ops.Crop, x.axes, pairs), x)
    if places == [place * size // count for place in range(count)]:
        to = (*given[:axis], count, *given[axis + 1 :])
        return site.step(built(ops.Resize, x.axes, to=to), x)
    first = places.index(0) if 0 in places else -1
    for mode, before in (("replicate", places.count(0) - 1), ("reflect", first)):
        after = count - size - before
        if min(before, after) >= 0 and places == _extended(size, before, after, mode):
            pairs = [(0, 0)] * len(given)
            pairs[axis] = (before, after)
            return site.step(bordered(ops.Pad, x.axes, pairs).replace(mode=mode), x)
    raise UnsaidError("it takes places that are neither the nearest nor what borders repeat")


def _extended(size: int, before: int, after: int, mode: str) -> list[int]:
    """The places of an axis with a border: the edge again, or what it mirrors."""
    own = range(-before, size + after)
    if mode == "replicate":
        return [min(max(place, 0), size - 1) for place in own]
    return [min(abs(place), 2 * (size - 1) - place) for place in own]


def _slices(key: tuple[Any, ...], rank: int) -> list[slice]:
    """A slice for each axis."""
    if any(not isinstance(part, slice) and part is not Ellipsis for part in key):
        raise UnsaidError("it takes single places, or makes axes")
    if Ellipsis not in key:
        return [*key, *[slice(None)] * (rank - len(key))]
    place = key.index(Ellipsis)
    return [*key[:place], *[slice(None)] * (rank - len(key) + 1), *key[place + 1 :]]


# --- shapes --------------------------------------------------------------------------------------


@says("ops.Reshape")
def _reshape(site: Site) -> Value:
    """To the shape that the tensor has: the batch is the first axis."""
    return _as_given(site)


@says("ops.Squeeze", "ops.ExpandDims", "ops.Ravel")
def _axes_of_one(site: Site) -> Value:
    return _as_given(site)


def _as_given(site: Site) -> Value:
    (x,) = site.seen
    batch, *target = site.shape
    if batch != site.batch or not target:
        raise UnsaidError("it makes another batch")
    return reshaped_view(site, x, sizes(target))


@says("ops.Transpose")
def _transpose(site: Site) -> Value:
    return _turned(site, site.layer.axes)


def _turned(site: Site, axes: Sequence[int] | None) -> Value:
    (x,) = site.seen
    if not axes or axes[0] != 0:
        raise UnsaidError("it moves the axis of the batch")
    rank = len(axes)
    return permuted_view(site, x, [axis % rank - 1 for axis in axes[1:]])


@says("ops.Swapaxes")
def _swapaxes(site: Site) -> Value:
    function, rank = site.layer, len(site.shape)
    order = list(range(rank))
    a, b = function.axis1 % rank, function.axis2 % rank
    order[a], order[b] = b, a
    return _turned(site, order)


@says("ops.Moveaxis")
def _moveaxis(site: Site) -> Value:
    function, rank = site.layer, len(site.shape)
    order = np.moveaxis(np.empty(range(1, rank + 1)), function.source, function.destination)
    return _turned(site, [size - 1 for size in order.shape])


@says("ops.Pad")
def _pad(site: Site) -> Value:
    function, x = site.layer, only(site)
    pairs = _pad_pairs(function.pad_width, x.axes + 2)
    filling = site.kwargs.get("constant_values", site.args[1] if len(site.args) > 1 else None)
    numbers_there = np.zeros(()) if filling is None else constant(filling)
    lowest = numbers_there.size == 1 and numbers_there.item() == -np.inf
    if numbers_there.any() and not lowest:
        raise UnsaidError("it puts other numbers than zeros there")
    if pairs[0] != (0, 0):
        raise UnsaidError("it makes a batch larger")
    mode = {"constant": LOWEST if lowest else "zeros", "reflect": "reflect"}.get(function.mode)
    if mode is None:
        raise UnsaidError(f"it pads by `{function.mode}`")
    *around, (before, after) = pairs[1:]
    y = x
    if any(map(any, around)):
        y = site.step(bordered(ops.Pad, x.axes, around).replace(mode=mode), x)
    if before or (after and mode != "zeros"):
        raise UnsaidError("it puts channels before those that are there, or copies some")
    if after:
        op = built(ops.PadChannels, x.axes, channels=x.known.channels + after)
        y = site.step(op, y)
    return y


def _pad_pairs(given: Any, rank: int) -> list[tuple[int, int]]:
    if isinstance(given, int):
        return [(given, given)] * rank
    pairs = [tuple(sizes(pair)) for pair in given]
    if len(pairs) == 1:
        pairs = pairs * rank
    return [(before, after) for before, after in pairs]


@says("ops.MaxPool")
def _maxpool(site: Site) -> Value:
    return _pooled(site, ops.MaxPool)


@says("ops.AveragePool")
def _avgpool(site: Site) -> Value:
    return _pooled(site, ops.AvgPool, count_pad=False)


def _pooled(site: Site, cls: type[Op], **same: Any) -> Value:
    function, x = site.layer, only(site)
    axes = positions(x).axes
    if function.data_format not in (None, "channels_last"):
        raise UnsaidError("its channels come first")
    kernel = _per_axis(function.pool_size, axes)
    stride = kernel if function.strides is None else _per_axis(function.strides, axes)
    given: dict[str, Any] = {"kernel": kernel} | ({"stride": stride} if stride != kernel else {})
    if str(function.padding).lower() == "same":
        given |= {"pad": "same"} | same
    return site.step(built(cls, axes, **given), x)


def _per_axis(given: Any, axes: int) -> tuple[int, ...]:
    return (int(given),) * axes if isinstance(given, int) else sizes(given)


@says("ops.Resize")
def _resize(site: Site) -> Value:
    function, x = site.layer, only(site)
    if function.data_format not in (None, "channels_last"):
        raise UnsaidError("its channels come first")
    for name in ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"):
        if getattr(function, name, False):
            raise UnsaidError(f"it has `{name}`")
    return resized(site, x, function.size, function.interpolation)
