"""What is put around a map, or cut off it."""

from __future__ import annotations

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights, positions_of
from cnngen.reference.windows import surround


@TABLE.means(ops.Pad)
def _pad(op: ops.Pad, weights: Weights, x: Array) -> Array:
    return surround(x, op.sides, mode=op.mode)


@TABLE.means(ops.Crop)
def _crop(op: ops.Crop, weights: Weights, x: Array) -> Array:
    axes = zip(positions_of(x), op.sides.before, op.sides.after, strict=True)
    return x[(slice(None), *(slice(before, size - after) for size, before, after in axes))]
