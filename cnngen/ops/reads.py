"""Which cells of its input a cell of an op's output is made of: what receptive fields add up."""

from __future__ import annotations

from functools import lru_cache

from cnngen.ops.kinds import PerAxis
from cnngen.record import NamedTuple


class Reads(NamedTuple):
    """Along each axis, the neighbouring ``cells`` of the input that one cell of the output reads.

    Neighbours in the output read ``step / grow`` cells apart: a stride is a step, a transposed
    convolution or a resize grows.
    """

    cells: PerAxis
    step: PerAxis
    grow: PerAxis


@lru_cache(maxsize=1024)
def reading(cells: PerAxis, step: PerAxis, grow: PerAxis | None = None) -> Reads:
    """A window that moves by steps, over an input grown or as it is."""
    return Reads(cells, step, grow or (1,) * len(cells))


@lru_cache(maxsize=8)
def cell_by_cell(axes: int) -> Reads:
    """Each cell of the output reads the one in its place."""
    return reading((1,) * axes, (1,) * axes)
