"""The shapes of Keras' tensors, and of several values as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnngen.lifting.keras.site import UnsaidError
from cnngen.lifting.keras.symbolic import BATCH
from cnngen.lifting.traced import Join
from cnngen.ops import Map, Shape, Vector, product_shape, same_size
from cnngen.ops.shapes import MOST_AXES, POSITIONS


def shape_of(tensor: Any) -> Shape | None:
    """A tensor's shape without the batch, where it is a map or a vector."""
    batch, *sizes = tensor.shape or (None,)
    if batch != BATCH or None in sizes or not 1 <= len(sizes) <= MOST_AXES + 1 or 0 in sizes:
        return None
    return Vector(sizes[0]) if len(sizes) == 1 else Map(tuple(sizes[:-1]), sizes[-1])


def joined(word: Join, shapes: Sequence[Shape]) -> Shape:
    """The shape of several values as one.

    Raises:
        UnsaidError: the language does not join such shapes.
    """
    shown = " and ".join(map(str, shapes))
    if word.word == "concat":
        return _concatenated(word.axis, shapes)
    if word.word == "multiply":
        whole = product_shape(shapes)
        if whole is None:
            raise UnsaidError(f"{shown} are not multiplied here")
        return _plain(whole)
    if not all(same_size(shape, shapes[0]) for shape in shapes):
        raise UnsaidError(f"{shown} are of different sizes")
    return _plain(shapes[0])


def _plain(shape: Shape) -> Shape:
    """A vector that was no flattened map: where such are joined, their order is Keras' own."""
    return shape if isinstance(shape, Map) else Vector(shape.features)


def _concatenated(axis: str, shapes: Sequence[Shape]) -> Shape:
    first = shapes[0]
    if not isinstance(first, Map):
        return Vector(sum(shape.channels for shape in shapes))
    names = (*POSITIONS[first.axes], "channels")
    place = names.index(axis)
    whole = [[*shape.sizes, shape.channels] for shape in shapes if isinstance(shape, Map)]
    sizes = [*first.sizes, first.channels]
    sizes[place] = sum(each[place] for each in whole)
    return Map(tuple(sizes[:-1]), sizes[-1])
