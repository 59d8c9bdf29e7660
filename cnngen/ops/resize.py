"""Strides between two sizes of a map."""

from __future__ import annotations

from cnngen.ops.kinds import Pair
from cnngen.ops.shapes import Map


def stride_between(x: Map, y: Map) -> Pair | None:
    """The stride with which a window of one cell makes ``x`` as large as ``y``; None if none does.

    Such a window gives ceil(size / stride) cells; of several strides that fit, the smallest.
    """
    height, width = _stride(x.height, y.height), _stride(x.width, y.width)
    return (height, width) if height and width else None


def _stride(size: int, wanted: int) -> int:
    stride = -(-size // wanted)
    return stride if -(-size // stride) == wanted else 0
