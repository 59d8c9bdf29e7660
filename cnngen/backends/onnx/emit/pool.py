"""Pooling: windows that slide, the whole map, or as many windows as the output has cells."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np

from cnngen import ops
from cnngen.backends.onnx.emit.axes import largest, summed
from cnngen.backends.onnx.emit.windows import nothing, same_depends, surrounded, window
from cnngen.backends.onnx.place import TABLE, Place
from cnngen.ops.kinds import PerAxis
from cnngen.ops.window import Pads
from cnngen.reference import Array


@TABLE.emits(ops.MaxPool)
def _maxpool(op: ops.MaxPool, at: Place, x: str) -> str:
    if _is_global(op):
        return at.node("GlobalMaxPool", x)
    if op.adaptive is not None:
        even = _even(at)
        if even is None:
            return largest(at, x, [_windows(*axis) for axis in _axes(at)])
        return at.node("MaxPool", x, kernel_shape=even, strides=even)
    around = op.pads(_sizes(op, at))
    if _is_filled(op):
        x, around = surrounded(at, x, around, op.pad_mode or "zeros"), nothing(at.rank)
    elif not _fits(around, op.window):
        filled = surrounded(at, x, around, value=float("-inf"))
        x, around = filled, nothing(at.rank)
    return at.node("MaxPool", x, **window(op.window, op.step, around, op.dilation))


def _fits(around: Pads, kernel: tuple[int, ...]) -> bool:
    """Whether a pool takes this padding: it has to be smaller than the window without its gaps."""
    most = (*kernel, *kernel)
    return all(
        pad < cells for pad, cells in zip((*around.before, *around.after), most, strict=True)
    )


@TABLE.emits(ops.AvgPool)
def _avgpool(op: ops.AvgPool, at: Place, x: str) -> str:
    if _is_global(op):
        return at.node("GlobalAveragePool", x)
    if op.adaptive is not None:
        even = _even(at)
        if even is None:
            return summed(at, x, [_shares(*axis) for axis in _axes(at)])
        return at.node("AveragePool", x, kernel_shape=even, strides=even)
    sizes = _sizes(op, at)
    around, asked = op.pads(sizes), op.counted_pads(sizes)
    counts = bool(op.count_pad)
    if _is_filled(op):
        x, around = surrounded(at, x, around, op.pad_mode or "zeros"), nothing(at.rank)
    elif counts and around != asked:  # what `ceil` adds never counts
        x, around, counts = surrounded(at, x, asked), _added(around, asked), False
    attributes = window(op.window, op.step, around)
    return at.node("AveragePool", x, **attributes, count_include_pad=int(counts))


def _added(around: Pads, asked: Pads) -> Pads:
    """The cells that ``ceil`` adds."""
    after = zip(around.after, asked.after, strict=True)
    return Pads((0,) * len(asked.after), tuple(whole - own for whole, own in after))


def _is_filled(op: ops.Pool) -> bool:
    """Whether the padding has copies of cells of the map: `ceil` does not stand with such."""
    return op.has_border and op.pad_mode not in (None, "zeros")


def _is_global(op: ops.Pool) -> bool:
    """Whether there is one window, the whole map."""
    return op.kernel == "global" or (op.adaptive is not None and set(op.adaptive) == {1})


def _sizes(op: ops.Pool, at: Place) -> PerAxis:
    """Those of the map, or any where its padding does not depend on them."""
    depends = op.ceil or same_depends(op.pad, op.window, op.step)
    return at.sizes if depends else op.window


def _axes(at: Place) -> list[tuple[int, int]]:
    """The positions before and after, of each axis."""
    return list(zip(at.sizes, at.out_sizes, strict=True))


def _even(at: Place) -> list[int] | None:
    """The window whose steps give the output; None where cells have windows of other sizes."""
    if any(before % after for before, after in _axes(at)):
        return None
    return [before // after for before, after in _axes(at)]


def _bounds(before: int, after: int) -> list[tuple[int, int]]:
    """The first position of each window, and the one after its last."""
    return [(i * before // after, -(-(i + 1) * before // after)) for i in range(after)]


def _windows(before: int, after: int) -> Array:
    """The positions of each window; the last comes again in those that have fewer."""
    bounds = _bounds(before, after)
    most = max(stop - start for start, stop in bounds)
    return np.array([[min(start + i, stop - 1) for i in range(most)] for start, stop in bounds])


def _shares(before: int, after: int) -> Array:
    """How much each position counts in each average."""
    matrix = np.zeros((after, before))
    for row, (start, stop) in zip(matrix, _bounds(before, after), strict=True):
        row[start:stop] = 1 / (stop - start)
    return matrix


@TABLE.emits(ops.BlurPool)
def _blurpool(op: ops.BlurPool, at: Place, x: str) -> str:
    """Products of binomials, the same for each channel, as a convolution."""
    kernel = reduce(np.multiply.outer, map(_binomials, op.kernel))
    filters = np.broadcast_to(kernel, (at.channels, 1, *op.kernel))
    x = surrounded(at, x, op.pads, "reflect")
    attributes = window(op.kernel, op.stride, nothing(at.rank))
    return at.node("Conv", x, at.constant("binomials", filters), **attributes, group=at.channels)


def _binomials(cells: int) -> Array:
    return np.array([math.comb(cells - 1, place) for place in range(cells)]) / 2.0 ** (cells - 1)
