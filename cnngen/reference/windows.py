"""Windows that slide over a batch of maps, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnngen.ops.kinds import Pair
from cnngen.ops.window import Pads
from cnngen.reference.table import Array


def surround(x: Array, pads: Pads, value: float = 0.0) -> Array:
    """The maps with rows and columns of ``value`` around them."""
    sides = ((0, 0), (pads.top, pads.bottom), (pads.left, pads.right), (0, 0))
    return np.pad(x, sides, constant_values=value)


def taps(
    x: Array, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)
) -> Iterator[tuple[int, int, Array]]:
    """Each cell (i, j) of the window with what lies under it: (N, H', W', channels)."""
    for i, j in np.ndindex(kernel):
        rows = _under(i, x.shape[1], kernel[0], stride[0], dilation[0])
        columns = _under(j, x.shape[2], kernel[1], stride[1], dilation[1])
        yield i, j, x[:, rows, columns]


def _under(cell: int, size: int, kernel: int, stride: int, dilation: int) -> slice:
    """The positions that a cell of the window is on, one for each place of the window."""
    last_start = size - (kernel - 1) * dilation - 1
    first = cell * dilation
    return slice(first, first + last_start + 1, stride)
