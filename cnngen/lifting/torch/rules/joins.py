"""Several values as one, and parts of a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from cnngen.lifting.torch.arrangement import (
    CHANNELS,
    Atom,
    Dim,
    Dims,
    axes_in,
    size_of,
    viewed,
    whole,
)
from cnngen.lifting.torch.contents import Value
from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import function
from cnngen.lifting.torch.views import is_repeated, unrepeated
from cnngen.ops import ChannelSlice, Crop, Map, MaxPool, Op, Resize, Shape, Vector, made
from cnngen.ops.basic import axes_of


@function("cat")
def _cat(
    site: Site,
    tensors: Sequence[Tensor],
    dim: int = 0,
    *,
    axis: int | None = None,
    out: None = None,
) -> None:
    place = (dim if axis is None else axis) % site.result.dim()
    values = _all_alike(site, tensors)
    shapes = [site.shape(value.step) for value in values]
    axes = axes_in(shapes[0], values[0].dims[1:])
    if place == 0 or axes is None:
        raise UnsayableError("it joins along the batch")
    along = axes[place - 1]
    shape = _sum_along(shapes, along)
    steps = [value.step for value in values]
    word = axes_of(shape.axes)[along - 1] if shape.axes else "channels"
    step = site.join("concat", steps, shape, word) if len(steps) > 1 else steps[0]
    site.gives(step, (values[0].dims[0], *(whole(shape, each) for each in axes)))


def _all_alike(site: Site, tensors: Sequence[Tensor]) -> list[Value]:
    """Values whose tensors have axes in the same order: the usual one where they differ."""
    values = [site.value(tensor) for tensor in tensors]
    orders = {
        axes_in(site.shape(value.step), value.dims[1:])
        if site.keeps_axes(value) and not is_repeated(value.dims)
        else None
        for value in values
    }
    if len(orders) == 1 and None not in orders:
        return values
    return [site.recorder.usual(_whole_step(site, value)) for value in values]


def _whole_step(site: Site, value: Value) -> int:
    """The step of a value in the usual arrangement, repeated along positions where it is."""
    if not is_repeated(value.dims):
        return site.recorder.settled(value)
    step = site.recorder.settled(value._replace(dims=unrepeated(value.dims)))
    _, channels, *sizes = map(size_of, value.dims)
    shape = site.shape(step)
    if not isinstance(shape, Map) or channels != shape.channels:
        raise UnsayableError("it joins a value that is repeated along the channels")
    return site.recorder.layer(Resize, step, to=tuple(sizes))


def _sum_along(shapes: Sequence[Shape], axis: int) -> Shape:
    first = shapes[0]
    if not isinstance(first, Map):
        return Vector(sum(shape.channels for shape in shapes))
    if axis == CHANNELS:
        return first._replace(channels=sum(shape.channels for shape in shapes))
    sizes = list(first.sizes)
    sizes[axis - 1] = sum(s.sizes[axis - 1] for s in shapes if isinstance(s, Map))
    return first._replace(sizes=tuple(sizes))


@function("stack")
def _stack(site: Site, tensors: Sequence[Tensor], dim: int = 0, *, out: None = None) -> None:
    """A new dimension is that of neighbouring groups of channels."""
    place = dim % site.result.dim()
    steps = [site.settled(tensor) for tensor in tensors]
    shape = site.shape(steps[0])
    if place == 0:
        raise UnsayableError("it joins along the batch")
    joined = site.join("concat", steps, _sum_along([shape] * len(steps), CHANNELS))
    dims = list(site.recorder.usual(steps[0]).dims)
    dims.insert(place, (Atom(CHANNELS, len(steps), shape.channels),))
    site.gives(joined, tuple(dims))


@function("chunk", "split", "split_with_sizes", "tensor_split", "unsafe_chunk", "unsafe_split")
def _parts(site: Site, input: Tensor, sizes: Any, dim: int = 0) -> None:  # noqa: A002
    """How large the parts are is seen from the results."""
    place = dim % input.dim()
    start = 0
    value = site.value(input)
    for part in site.result:
        stop = start + part.shape[place]
        cut = _cut(site, value, place, slice(start, stop, 1))
        site.gives(cut.step, cut.dims, part)
        start = stop


@function("unbind")
def _unbind(site: Site, input: Tensor, dim: int = 0) -> None:  # noqa: A002
    place = dim % input.dim()
    value = site.value(input)
    for at, part in enumerate(site.result):
        cut = _cut(site, value, place, slice(at, at + 1, 1))
        site.gives(cut.step, _dropped(cut.dims, place), part)


@function("narrow")
def _narrow(site: Site, input: Tensor, dim: int, start: int, length: int) -> None:  # noqa: A002
    place = dim % input.dim()
    value = site.value(input)
    cut = _cut(site, value, place, slice(start, start + length, 1))
    site.gives(cut.step, cut.dims)


@function("slice")
def _slice(
    site: Site,
    input: Tensor,  # noqa: A002
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> None:
    place = dim % input.dim()
    value = site.value(input)
    part = slice(*slice(start, end, step).indices(input.shape[place]))
    cut = _cut(site, value, place, part)
    site.gives(cut.step, cut.dims)


@function("select")
def _select(site: Site, input: Tensor, dim: int, index: int) -> None:  # noqa: A002
    place = dim % input.dim()
    at = index % input.shape[place]
    cut = _cut(site, site.value(input), place, slice(at, at + 1, 1))
    site.gives(cut.step, _dropped(cut.dims, place))


@function("getitem")
def _getitem(site: Site, input: Tensor, index: Any) -> None:  # noqa: A002
    parts = index if isinstance(index, tuple) else (index,)
    if not all(part is None or part is ... or isinstance(part, (int, slice)) for part in parts):
        raise UnsayableError("it takes elements by a list or a tensor")
    taken = sum(1 for part in parts if part is not None and part is not ...)
    value = site.value(input)
    place, dropped = 0, []
    for part in parts:
        if part is ...:
            place += input.dim() - taken
        elif part is not None:
            size = input.shape[place]
            at = slice(part % size, part % size + 1) if isinstance(part, int) else part
            value = _cut(site, value, place, slice(*at.indices(size)))
            dropped += [place] if isinstance(part, int) else []
            place += 1
    dims = viewed(_dropped(value.dims, *dropped), tuple(site.result.shape))
    if dims is None:
        raise UnsayableError("it takes elements in an order that no layers make")
    site.gives(value.step, dims)


def _dropped(dims: Dims, *places: int) -> Dims:
    return tuple(dim for place, dim in enumerate(dims) if place not in places)


def _cuttable(site: Site, value: Value, place: int) -> Value:
    """A value shown so that a dimension of it can be cut: as it is, or in the usual arrangement."""
    shape, dim = site.shape(value.step), value.dims[place]
    is_axis = len(dim) == 1 and dim[0].axis >= CHANNELS and dim == whole(shape, dim[0].axis)
    if not dim or is_axis or _group(shape, dim):
        return value
    return site.recorder.usual(site.recorder.settled(value))


def _group(shape: Shape, dim: tuple[Atom, ...]) -> bool:
    """Whether a dimension counts neighbouring groups of channels."""
    return len(dim) == 1 and dim[0] == Atom(CHANNELS, dim[0].size, shape.channels // dim[0].size)


def _cut(site: Site, value: Value, place: int, part: slice) -> Value:
    """The part of a value along a dimension; ``part`` has all three numbers."""
    if (part.start, part.stop, part.step) == (0, size_of(value.dims[place]), 1):
        return value
    value = _cuttable(site, value, place)
    shape, dim = site.shape(value.step), value.dims[place]
    if len(dim) != 1 or dim[0].axis < CHANNELS or part.step < 1 or part.stop <= part.start:
        raise UnsayableError("it takes a part along an axis that no layer cuts")
    axis = dim[0].axis
    if axis == CHANNELS and _group(shape, dim) and part.step == 1:
        stride = dim[0].stride
        span = {"start": part.start * stride, "stop": part.stop * stride}
        step = site.recorder.layer(ChannelSlice, value.step, **span)
        count = part.stop - part.start
        made: Dim = (Atom(CHANNELS, count, stride),) if count > 1 else ()
    elif axis > CHANNELS and dim == whole(shape, axis):
        step = _positions(site, value.step, axis, part)
        made = whole(site.shape(step), axis)
    else:
        raise UnsayableError("it takes a part along an axis that no layer cuts")
    return Value(step, (*value.dims[:place], made, *value.dims[place + 1 :]))


def _positions(site: Site, step: int, axis: int, part: slice) -> int:
    """Positions along an axis: a crop, and every so many of what is left."""
    shape = site.shape(step)
    assert isinstance(shape, Map)
    size = shape.sizes[axis - 1]
    if part.step > 1 and part.stop < size:
        raise UnsayableError("it takes every so many positions of a part")
    after = size - part.stop
    if part.start or after:
        step = _cropped(site, step, _at(axis, shape, part.start), _at(axis, shape, after))
    if part.step > 1:
        step = _strided(site, step, _at(axis, shape, part.step, 1))
    return step


def _at(axis: int, shape: Map, number: int, elsewhere: int = 0) -> tuple[int, ...]:
    """A number for one axis of positions, and another one for the others."""
    return tuple(number if axis == 1 + at else elsewhere for at in range(shape.axes))


def _cropped(site: Site, x: int, before: tuple[int, ...], after: tuple[int, ...]) -> int:
    """A crop; of what has been cropped, one crop of both."""
    step = site.recorder.steps[x]
    if isinstance(step.what, Crop):
        own = step.what.sides
        (x,) = step.inputs
        before, after = _sum(before, own.before), _sum(after, own.after)
    behind = None if before == after else after
    return site.recorder.layer(Crop, x, cells=before, after=behind)


def _sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _strided(site: Site, x: int, stride: tuple[int, ...]) -> int:
    """Every so many positions: the maximum of windows of one; of such, one of both strides."""
    step = site.recorder.steps[x]
    own = step.what.step if isinstance(step.what, MaxPool) and not step.name else None
    if own is not None and step.what == _windows_of_one(own):
        (x,) = step.inputs
        stride = tuple(a * b for a, b in zip(stride, own, strict=True))
    return site.recorder.applied(_windows_of_one(stride), x)


def _windows_of_one(stride: tuple[int, ...]) -> Op:
    axes = len(stride)
    return made(MaxPool, {"kernel": (1,) * axes, "stride": stride}, axes)
