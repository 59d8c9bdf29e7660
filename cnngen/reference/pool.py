"""Pooling: the maximum or the average of each window."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cnngen import ops
from cnngen.ops.kinds import PerAxis
from cnngen.ops.window import Pads
from cnngen.reference.table import TABLE, Array, Weights, positions_of
from cnngen.reference.windows import surround, taps


@TABLE.means(ops.MaxPool)
def _maxpool(op: ops.MaxPool, weights: Weights, x: Array) -> Array:
    """Cells outside the map are minus infinity: they never win."""
    if op.has_output:
        return _adaptive(x, op.out_sizes(positions_of(x)), np.max)
    padded = _padded(x, op, float("-inf"))
    y: Array = np.max([under for _, under in taps(padded, op.window, op.step, op.dilation)], axis=0)
    return y


@TABLE.means(ops.AvgPool)
def _avgpool(op: ops.AvgPool, weights: Weights, x: Array) -> Array:
    """The sum over a window, divided by its cells that count."""
    if op.has_output:
        return _adaptive(x, op.out_sizes(positions_of(x)), np.mean)
    padded = _padded(x, op, 0.0)
    return _window_sum(padded, op) / _window_sum(_counted(x, op), op)


def _padded(x: Array, op: ops.Pool, value: float) -> Array:
    """The maps with the padding that was asked for, and the cells that ``ceil`` adds after it.

    The latter are of ``value``, whatever the former are.
    """
    asked = surround(x, op.counted_pads(positions_of(x)), value, op.pad_mode or "zeros")
    return surround(asked, _added(op, positions_of(x)), value)


def _added(op: ops.Pool, sizes: PerAxis) -> Pads:
    """The cells that only ``ceil`` adds."""
    around, asked = op.pads(sizes), op.counted_pads(sizes)
    more = tuple(own - given for own, given in zip(around.after, asked.after, strict=True))
    return Pads((0,) * len(sizes), more)


@TABLE.means(ops.BlurPool)
def _blurpool(op: ops.BlurPool, weights: Weights, x: Array) -> Array:
    """Each cell of the window counts by the product of its axes' binomials (Zhang, 2019)."""
    whole = surround(x, op.pads, mode="reflect")
    y: Array = np.sum(
        [
            math.prod(map(_binomial, cell, op.kernel)) * under
            for cell, under in taps(whole, op.kernel, op.stride)
        ],
        axis=0,
    )
    return y


def _binomial(place: int, cells: int) -> float:
    share: float = math.comb(cells - 1, place) / 2 ** (cells - 1)
    return share


def _window_sum(padded: Array, op: ops.AvgPool) -> Array:
    total: Array = np.sum([under for _, under in taps(padded, op.window, op.step)], axis=0)
    return total


def _counted(x: Array, op: ops.AvgPool) -> Array:
    """1 where a cell counts in an average, else 0, for one map of one channel with all padding.

    The map counts; the padding that was asked for counts with ``count_pad``; the cells that only
    ``ceil`` adds never count.
    """
    sizes = positions_of(x)
    inside = np.ones((1, *sizes, 1), x.dtype)
    counted = surround(inside, op.counted_pads(sizes), float(op.count_pad))
    return surround(counted, _added(op, sizes))


def _adaptive(x: Array, output: PerAxis, reduce: Callable[..., Any]) -> Array:
    """One window for each cell of the output (see :func:`_part`)."""
    sizes = positions_of(x)
    y = np.empty((len(x), *output, x.shape[-1]), x.dtype)
    for cell in np.ndindex(output):
        window = x[(slice(None), *map(_part, cell, sizes, output))]
        y[(slice(None), *cell)] = reduce(window, axis=tuple(range(1, x.ndim - 1)))
    return y


def _part(index: int, size: int, parts: int) -> slice:
    """From floor(index size / parts) up to ceil((index + 1) size / parts); parts may overlap."""
    return slice(index * size // parts, -(-(index + 1) * size // parts))
