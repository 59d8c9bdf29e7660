"""Windows that slide over a batch of maps, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnngen.ops.kinds import PerAxis
from cnngen.ops.window import Pads
from cnngen.reference.table import Array, positions_of


def surround(x: Array, pads: Pads, value: float = 0.0, mode: str = "zeros") -> Array:
    """The maps with cells around them: of ``value``, or what another mode says."""
    sides = ((0, 0), *zip(pads.before, pads.after, strict=True), (0, 0))
    if mode == "zeros":
        return np.pad(x, sides, constant_values=value)
    return np.pad(x, sides, mode="reflect" if mode == "reflect" else "edge")


def taps(
    x: Array, kernel: PerAxis, stride: PerAxis, dilation: PerAxis | None = None
) -> Iterator[tuple[PerAxis, Array]]:
    """Each cell of the window with what lies under it: (N, H', W', channels)."""
    dilation = dilation or (1,) * len(kernel)
    for cell in np.ndindex(kernel):
        axes = zip(cell, positions_of(x), kernel, stride, dilation, strict=True)
        yield cell, x[(slice(None), *(_under(*axis) for axis in axes))]


def _under(cell: int, size: int, kernel: int, stride: int, dilation: int) -> slice:
    """The positions that a cell of the window is on, one for each place of the window."""
    last_start = size - (kernel - 1) * dilation - 1
    first = cell * dilation
    return slice(first, first + last_start + 1, stride)
