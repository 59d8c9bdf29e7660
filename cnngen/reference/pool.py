"""Pooling: the maximum or the average of each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnngen import ops
from cnngen.ops.kinds import Pair
from cnngen.reference.table import TABLE, Array, Weights, map_of
from cnngen.reference.windows import surround, taps


@TABLE.means(ops.MaxPool)
def _maxpool(op: ops.MaxPool, weights: Weights, x: Array) -> Array:
    """Cells outside the map are minus infinity: they never win."""
    if op.output is not None:
        return _adaptive(x, op.output, np.max)
    padded = surround(x, op.pads(map_of(x)), float("-inf"))
    y: Array = np.max([under for _, _, under in taps(padded, op.window, op.step)], axis=0)
    return y


@TABLE.means(ops.AvgPool)
def _avgpool(op: ops.AvgPool, weights: Weights, x: Array) -> Array:
    """The sum over a window, divided by its cells that count."""
    if op.output is not None:
        return _adaptive(x, op.output, np.mean)
    padded = surround(x, op.pads(map_of(x)))
    return _window_sum(padded, op) / _window_sum(_counted(x, op), op)


def _window_sum(padded: Array, op: ops.AvgPool) -> Array:
    total: Array = np.sum([under for _, _, under in taps(padded, op.window, op.step)], axis=0)
    return total


def _counted(x: Array, op: ops.AvgPool) -> Array:
    """1 where a cell counts in an average, else 0; (1, height, width, 1) with all padding.

    The map counts; the padding that was asked for counts with ``count_pad``; the rows that only
    ``ceil`` adds never count.
    """
    shape = map_of(x)
    around, asked = op.pads(shape), op.counted_pads(shape)
    extra = around._replace(
        top=0, bottom=around.bottom - asked.bottom, left=0, right=around.right - asked.right
    )
    inside = np.ones((1, shape.height, shape.width, 1), x.dtype)
    return surround(surround(inside, asked, float(op.count_pad)), extra)


def _adaptive(x: Array, output: Pair, reduce: Callable[..., Any]) -> Array:
    """One window for each cell of the output (see :func:`_part`)."""
    batch, height, width, channels = x.shape
    y = np.empty((batch, *output, channels), x.dtype)
    for i, j in np.ndindex(output):
        window = x[:, _part(i, height, output[0]), _part(j, width, output[1])]
        y[:, i, j] = reduce(window, axis=(1, 2))
    return y


def _part(index: int, size: int, parts: int) -> slice:
    """From floor(index size / parts) up to ceil((index + 1) size / parts); parts may overlap."""
    return slice(index * size // parts, -(-(index + 1) * size // parts))
