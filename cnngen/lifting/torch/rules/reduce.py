"""Means, maxima and sums over channels or positions."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from cnngen.lifting.torch.arrangement import CHANNELS, Atom, Dims, extents, merged, whole
from cnngen.lifting.torch.contents import Value
from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import FUNCTIONS, function
from cnngen.ops import AvgPool, ChannelMax, ChannelMean, ChannelSlice, Map, MaxPool, Op, Scale

Reduction = tuple[type[Op], type[Op], str]
"""The pool over positions, the layer over channels, and the join of groups of channels."""

MEAN: Reduction = (AvgPool, ChannelMean, "average")
MAXIMUM: Reduction = (MaxPool, ChannelMax, "maximum")
SUM: Reduction = (AvgPool, ChannelMean, "add")


@function("mean")
def _mean(
    site: Site,
    input: Tensor,  # noqa: A002 - the names are torch's
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
) -> None:
    _reduce(site, input, dim if axis is None else axis, MEAN, site.result)


@function("amax")
def _amax(site: Site, input: Tensor, dim: Any = (), keepdim: bool = False) -> None:  # noqa: A002
    _reduce(site, input, dim, MAXIMUM, site.result)


@function("max")
def _max(
    site: Site,
    input: Tensor,  # noqa: A002
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: Any = None,
) -> None:
    """Of one tensor along a dimension, with indices; or of two."""
    if isinstance(dim, Tensor) or other is not None:
        FUNCTIONS["maximum"](site, input, dim if other is None else other)
    else:
        result = site.result if dim is None else site.result[0]
        _reduce(site, input, dim, MAXIMUM, result)


@function("sum")
def _sum(
    site: Site,
    input: Tensor,  # noqa: A002
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
) -> None:
    _reduce(site, input, dim if axis is None else axis, SUM, site.result)


def _reduce(site: Site, tensor: Tensor, dim: Any, how: Reduction, result: Tensor) -> None:
    if dim is None or dim == () or dim == []:
        raise UnsayableError("it makes one number of all, the batch too")
    over = {d % tensor.dim() for d in (dim if isinstance(dim, (list, tuple)) else (dim,))}
    value = site.value(tensor)
    shape = site.shape(value.step)
    if not isinstance(shape, Map):
        value = site.recorder.usual(site.settled(tensor))
        shape = site.shape(value.step)
    within = [atom for place in over for atom in value.dims[place]]
    atoms = merged(sorted(within, key=lambda atom: (atom.axis, -atom.stride)))
    dims = _without(value.dims, over, len(result.shape) == tensor.dim())
    kept = [atom for dim in dims for atom in dim]
    positions = range(1, len(extents(shape)))
    axes = {atom.axis for atom in atoms}
    pool, over_channels, join = how
    if not atoms:
        site.gives(value.step, dims, result)
    elif axes <= {*positions} and all((atom,) == whole(shape, atom.axis) for atom in atoms):
        step = _pooled(site, value, pool, axes)
        step = _times(site, step, how, math.prod(atom.size for atom in atoms))
        site.gives(step, dims, result)
    elif atoms == whole(shape, CHANNELS):
        step = site.recorder.layer(over_channels, value.step)
        site.gives(_times(site, step, how, shape.channels), dims, result)
    elif len(atoms) == 1 and atoms[0] == _groups(shape.channels, atoms[0].size) and kept:
        step = _joined(site, value, join, atoms[0])
        site.gives(step, dims, result)
    else:
        raise UnsayableError("it works over a part of an axis")


def _without(dims: Dims, over: set[int], keeps: bool) -> Dims:
    return tuple(
        () if place in over else dim for place, dim in enumerate(dims) if keeps or place not in over
    )


def _groups(channels: int, groups: int) -> Atom:
    """The slower factor of the channels, which counts groups of neighbours."""
    return Atom(CHANNELS, groups, channels // groups)


def _pooled(site: Site, value: Value, pool: type[Op], axes: set[int]) -> int:
    """All of the given axes of positions as one."""
    shape = site.shape(value.step)
    assert isinstance(shape, Map)
    sizes = tuple(1 if 1 + at in axes else size for at, size in enumerate(shape.sizes))
    if all(size == 1 for size in sizes):
        return site.recorder.layer(pool, value.step, kernel="global")
    return site.recorder.layer(pool, value.step, adaptive=sizes)


def _times(site: Site, step: int, how: Reduction, count: int) -> int:
    return site.recorder.layer(Scale, step, factor=float(count)) if how is SUM else step


def _joined(site: Site, value: Value, word: str, groups: Atom) -> int:
    """Neighbouring groups of channels, joined."""
    slices = [
        site.recorder.layer(ChannelSlice, value.step, start=start, stop=start + groups.stride)
        for start in range(0, groups.size * groups.stride, groups.stride)
    ]
    return site.join(word, slices, site.shape(slices[0]))
