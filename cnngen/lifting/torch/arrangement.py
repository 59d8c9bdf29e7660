"""How the dimensions of a tensor stand to the axes of a value.

A value is a map HxWxC or a vector; a tensor has the batch, then channels, then positions. Between
two layers a model may show the same numbers otherwise: flattened, permuted, channels in groups.
None of that is a layer. A tensor's *arrangement* says where its numbers are found in the value,
and :func:`settling` which layers put them in the usual order, where one has to read them so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from cnngen.ops import (
    ChannelShuffle,
    Flatten,
    Map,
    Op,
    Permute,
    PixelShuffle,
    PixelUnshuffle,
    Reshape,
    Shape,
    Vector,
)
from cnngen.ops.basic import axes_of
from cnngen.ops.shapes import MOST_AXES
from cnngen.record import NamedTuple

BATCH = -1
"""The axis of the batch."""

REPEATED = -2
"""The axis of numbers that are the same all along it."""

CHANNELS = 0
"""The axis of channels, or of features; those of positions follow."""


class Atom(NamedTuple):
    """A whole axis of the value or a factor of one: ``size`` steps of ``stride`` along it."""

    axis: int
    size: int
    stride: int = 1


Dim = tuple[Atom, ...]
"""One dimension of a tensor: its atoms, the slowest first; none where its size is 1."""

Dims = tuple[Dim, ...]
"""All dimensions of a tensor."""


def extents(shape: Shape) -> tuple[int, ...]:
    """The sizes of a value's axes, in the order of a tensor: channels first."""
    return (shape.channels, *shape.sizes) if isinstance(shape, Map) else (shape.features,)


def whole(shape: Shape, axis: int) -> Dim:
    """The dimension that is a whole axis of a value."""
    size = extents(shape)[axis]
    return (Atom(axis, size),) if size > 1 else ()


def usual(shape: Shape, batch: int) -> Dims:
    """The arrangement that layers read: the batch, channels, positions."""
    return ((Atom(BATCH, batch),), *(whole(shape, axis) for axis in range(len(extents(shape)))))


def shape_of(sizes: Sequence[int]) -> Shape:
    """The shape of a value whose usual tensor has these sizes, the batch first.

    Where there are fewer than two, it is one number for each input.
    """
    _, channels, *positions = (*sizes, 1, 1)[: max(len(sizes), 2)]
    return Map(tuple(positions), channels) if positions else Vector(channels)


def size_of(dim: Dim) -> int:
    """The size of a dimension."""
    return math.prod(atom.size for atom in dim)


def has_batch_first(dims: Dims) -> bool:
    """Whether the first dimension is the batch, and no other has a part of it."""
    is_first = bool(dims) and len(dims[0]) == 1 and dims[0][0].axis == BATCH
    return is_first and not any(atom.axis == BATCH for dim in dims[1:] for atom in dim)


def merged(atoms: Iterable[Atom]) -> Dim:
    """The same with neighbouring factors of an axis as one."""
    made: list[Atom] = []
    for atom in atoms:
        last = made[-1] if made else None
        if last and last.axis == atom.axis and last.stride == atom.size * atom.stride:
            made[-1] = Atom(atom.axis, last.size * atom.size, atom.stride)
        elif atom.size > 1 or atom.axis == BATCH:
            made.append(atom)
    return tuple(made)


def viewed(dims: Dims, sizes: Sequence[int]) -> Dims | None:
    """The arrangement after a view with these sizes; None where they cut across an axis."""
    if has_batch_first(dims) and sizes and sizes[0] == dims[0][0].size:
        rest = _partitioned([atom for dim in dims[1:] for atom in dim], sizes[1:])
        return None if rest is None else (dims[0], *rest)
    return _partitioned([atom for dim in dims for atom in dim], sizes)


def _partitioned(atoms: list[Atom], sizes: Sequence[int]) -> Dims | None:
    left = list(merged(atoms))
    made = []
    for size in sizes:
        dim: list[Atom] = []
        while size_of(tuple(dim)) < size:
            if not left:
                return None
            first, missing = left.pop(0), size // size_of(tuple(dim))
            if first.size > missing:
                if first.size % missing:
                    return None
                inner = first.size // missing
                left.insert(0, Atom(first.axis, inner, first.stride))
                first = Atom(first.axis, missing, first.stride * inner)
            dim.append(first)
        if size_of(tuple(dim)) != size:
            return None
        made.append(merged(dim))
    return tuple(made)


def is_permuted(shape: Shape, dims: Dims) -> bool:
    """Whether every dimension is one whole axis, in any order behind the batch."""
    return has_batch_first(dims) and axes_in(shape, dims[1:]) is not None


def axes_in(shape: Shape, dims: Sequence[Dim]) -> tuple[int, ...] | None:
    """The axis that each dimension is; None where one is no whole axis, or an axis is missing."""
    known = range(len(extents(shape)))
    ones = [axis for axis in known if not whole(shape, axis)]
    found = [_axis(shape, dim) if dim else ones.pop(0) if ones else None for dim in dims]
    if None in found or sorted(axis for axis in found if axis is not None) != [*known]:
        return None
    return tuple(axis for axis in found if axis is not None)


def _axis(shape: Shape, dim: Dim) -> int | None:
    axis = dim[0].axis
    return axis if axis >= CHANNELS and dim == whole(shape, axis) else None


def settling(shape: Shape, dims: Dims) -> tuple[Op, ...] | None:
    """The layers that make the usual arrangement of this one; None where none do.

    Args:
        shape: of the value.
        dims: the arrangement of its tensor.
    """
    if not has_batch_first(dims) or not 2 <= len(dims) <= MOST_AXES + 2:
        return None
    if dims == usual(shape, dims[0][0].size):
        return ()
    for way in (_shuffled, _as_squares, _from_squares, _permuted, _reshaped, _through_factors):
        found = way(shape, dims)
        if found is not None:
            return found
    return None


def _target(dims: Dims) -> Shape:
    return shape_of([size_of(dim) for dim in dims])


def _shuffled(shape: Shape, dims: Dims) -> tuple[Op, ...] | None:
    if not isinstance(shape, Map) or dims[2:] != usual(shape, 1)[2:] or len(dims[1]) != 2:
        return None
    inner, outer = dims[1]
    groups = outer.size
    expected = (Atom(CHANNELS, shape.channels // groups), Atom(CHANNELS, groups, inner.size))
    return (ChannelShuffle(groups),) if (inner, outer) == expected else None


def _as_squares(shape: Shape, dims: Dims) -> tuple[Op, ...] | None:
    """Channels that became positions: a pixel shuffle."""
    if not isinstance(shape, Map) or shape.axes != 2 or len(dims) != 4 or not dims[2]:
        return None
    factor = dims[2][-1].size
    height, width = (Atom(CHANNELS, factor, factor), Atom(CHANNELS, factor))
    channels, left = divmod(shape.channels, factor**2)
    expected = (
        merged([Atom(CHANNELS, channels, factor**2)]),
        merged([*whole(shape, 1), height]),
        merged([*whole(shape, 2), width]),
    )
    return (PixelShuffle(factor),) if factor > 1 and not left and dims[1:] == expected else None


def _from_squares(shape: Shape, dims: Dims) -> tuple[Op, ...] | None:
    """Positions that became channels: a pixel unshuffle, and a shuffle where they come first."""
    if not isinstance(shape, Map) or shape.axes != 2 or len(dims) != 4 or not dims[1]:
        return None
    factor = next((atom.size for atom in dims[1] if atom.axis == 1), 1)
    if factor == 1 or any(size % factor for size in shape.sizes):
        return None
    height, width = (Atom(axis, shape.sizes[axis - 1] // factor, factor) for axis in (1, 2))
    if dims[2:] != (merged([height]), merged([width])):
        return None
    cells, channels = [Atom(1, factor), Atom(2, factor)], [*whole(shape, CHANNELS)]
    if dims[1] == merged([*channels, *cells]):
        return (PixelUnshuffle(factor),)
    if dims[1] == merged([*cells, *channels]):
        return (PixelUnshuffle(factor), ChannelShuffle(shape.channels))
    return None


def _permuted(shape: Shape, dims: Dims) -> tuple[Op, ...] | None:
    axes = axes_in(shape, dims[1:])
    if axes is None or not isinstance(shape, Map):
        return None
    return (_permute(shape.axes, axes),)


def _permute(positions: int, axes: Sequence[int]) -> Op:
    """The layer that finds these axes, channels first, in the usual places."""
    words = axes_of(positions)
    channels, *sizes = (words[-1] if axis == CHANNELS else words[axis - 1] for axis in axes)
    names = ("first", "second", "third", "fourth")
    return Permute(**dict(zip(names, (*sizes, channels), strict=False)))


def _reshaped(shape: Shape, dims: Dims) -> tuple[Op, ...] | None:
    """The order of the numbers is the usual one: they have another shape alone."""
    numbers = merged(atom for dim in dims[1:] for atom in dim)
    if numbers != merged(atom for dim in usual(shape, 1)[1:] for atom in dim):
        return None
    return (_reshape(_target(dims)),)


def _reshape(target: Shape) -> Op:
    return Reshape((*target.sizes, target.channels)) if isinstance(target, Map) else Flatten()


def _through_factors(shape: Shape, dims: Dims) -> tuple[Op, ...] | None:
    """A map that has an axis for each factor, its axes in another order, and another shape."""
    atoms = merged(atom for dim in dims[1:] for atom in dim)
    in_order = sorted(atoms, key=lambda atom: (atom.axis, -atom.stride))
    if merged(in_order) != merged(atom for dim in usual(shape, 1)[1:] for atom in dim):
        return None
    if not 2 <= len(atoms) <= MOST_AXES + 1:
        return None
    channels, *sizes = (atom.size for atom in in_order)
    between = Map(tuple(sizes), channels)
    made: list[Op] = [] if between == shape else [_reshape(between)]
    axes = [in_order.index(atom) for atom in atoms]
    made.append(_permute(between.axes, axes))
    channels, *sizes = (atom.size for atom in atoms)
    target = _target(dims)
    return tuple(made) if target == Map(tuple(sizes), channels) else (*made, _reshape(target))
