"""Layers without weights that change the size of a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnngen import ops
from cnngen.backends.onnx.emit.axes import chosen
from cnngen.backends.onnx.emit.windows import with_channels
from cnngen.backends.onnx.place import END, TABLE, Place

SMOOTH: Mapping[str, dict[str, Any]] = {
    "linear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    "cubic": {
        "mode": "cubic",
        "cubic_coeff_a": -0.75,
        "coordinate_transformation_mode": "half_pixel",
    },
}
"""The attributes of ``Resize`` where several positions count."""


CHOSEN = {
    "mode": "nearest",
    "coordinate_transformation_mode": "asymmetric",
    "nearest_mode": "floor",
}
"""The same where one of them is taken, the one that is nearest to the origin."""


@TABLE.emits(ops.Resize)
def _resize(op: ops.Resize, at: Place, x: str) -> str:
    """By factors; to a size, positions are chosen one by one: ``Resize`` would round some.

    Batch and channels are said too: with ``axes`` for the others alone, ONNX Runtime 1.32 fails
    where it moves a transposition, as that of a layer norm, to the other side.
    """
    attributes = SMOOTH.get(op.mode, CHOSEN)
    if op.factor is not None:
        return at.node("Resize", x, "", at.constant("scales", (1, 1, *op.factor)), **attributes)
    if op.mode in SMOOTH:
        kept = at.step("kept", "Shape", x, start=0, end=2)
        sizes = at.step("sizes", "Concat", kept, at.integers("to", op.to or ()), axis=0)
        return at.node("Resize", x, "", "", sizes, **attributes)
    axes = zip(at.sizes, at.out_sizes, strict=True)
    return chosen(at, x, [np.arange(after) * before // after for before, after in axes])


@TABLE.emits(ops.PixelShuffle)
def _pixel_shuffle(op: ops.PixelShuffle, at: Place, x: str) -> str:
    return at.node("DepthToSpace", x, blocksize=op.factor, mode="CRD")


@TABLE.emits(ops.PixelUnshuffle)
def _pixel_unshuffle(op: ops.PixelUnshuffle, at: Place, x: str) -> str:
    """``SpaceToDepth`` has all channels of a square's first cell before those of the next."""
    x = at.step("squares", "SpaceToDepth", x, blocksize=op.factor)
    order = np.arange(at.channels * op.factor**2).reshape(-1, at.channels).T.ravel()
    return at.node("Gather", x, at.integers("order", order), axis=1)


@TABLE.emits(ops.Subsample)
def _subsample(op: ops.Subsample, at: Place, x: str) -> str:
    bounds = at.integers("starts", [0] * at.rank), at.integers("ends", [END] * at.rank)
    steps = at.integers("axes", at.axes), at.integers("steps", op.stride)
    added = op.channels - at.channels
    if not added:
        return at.node("Slice", x, *bounds, *steps)
    x = at.step("kept", "Slice", x, *bounds, *steps)
    return with_channels(at, x, added)
