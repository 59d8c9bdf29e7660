"""The shape of a product of values, of which some may be factors for many positions or channels."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.ops.shapes import Map, Shape, same_size


def product_shape(shapes: Sequence[Shape]) -> Shape | None:
    """The shape that all of them are multiplied to; None where they do not fit.

    One of them has it. The others have it too, or are maps with a size of 1 where it has more:
    1x1xC weighs channels (Hu et al., 2018), HxWx1 positions (Woo et al., 2018, section 3).
    """
    for whole in shapes:
        if all(_fits(factor, whole) for factor in shapes):
            return whole
    return None


def _fits(factor: Shape, whole: Shape) -> bool:
    if not isinstance(factor, Map) or not isinstance(whole, Map):
        return same_size(factor, whole)
    return all(a in (1, b) for a, b in zip(factor, whole, strict=True))
