"""What is put around a map, or cut off it."""

from __future__ import annotations

import numpy as np

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights, positions_of

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}
"""What NumPy calls the ways to pad."""


@TABLE.means(ops.Pad)
def _pad(op: ops.Pad, weights: Weights, x: Array) -> Array:
    sides = zip(op.sides.before, op.sides.after, strict=True)
    y: Array = np.pad(x, ((0, 0), *sides, (0, 0)), mode=MODES[op.mode])  # type: ignore[call-overload]
    return y


@TABLE.means(ops.Crop)
def _crop(op: ops.Crop, weights: Weights, x: Array) -> Array:
    axes = zip(positions_of(x), op.sides.before, op.sides.after, strict=True)
    return x[(slice(None), *(slice(before, size - after) for size, before, after in axes))]
