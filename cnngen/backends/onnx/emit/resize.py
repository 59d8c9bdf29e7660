"""Layers without weights that change the size of a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnngen import ops
from cnngen.backends.onnx.emit.axes import chosen
from cnngen.backends.onnx.place import TABLE, Place

SMOOTH: Mapping[str, dict[str, Any]] = {
    "linear": {"mode": "linear"},
    "cubic": {"mode": "cubic", "cubic_coeff_a": -0.75},
}
"""The attributes of ``Resize`` where several positions count."""


@TABLE.emits(ops.Resize)
def _resize(op: ops.Resize, at: Place, x: str) -> str:
    """By sizes; positions are chosen one by one where ``Resize`` would round them otherwise."""
    wanted = op.out_sizes(at.sizes)
    if op.mode in SMOOTH:
        return _resized(at, x, coordinate_transformation_mode="half_pixel", **SMOOTH[op.mode])
    if any(after % before for before, after in zip(at.sizes, wanted, strict=True)):
        axes = zip(at.sizes, wanted, strict=True)
        return chosen(at, x, [np.arange(after) * before // after for before, after in axes])
    asymmetric = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return _resized(at, x, mode="nearest", **asymmetric)


def _resized(at: Place, x: str, **attributes: Any) -> str:
    sizes = at.integers("sizes", at.out_sizes)
    return at.node("Resize", x, "", "", sizes, axes=at.axes, **attributes)


@TABLE.emits(ops.PixelShuffle)
def _pixel_shuffle(op: ops.PixelShuffle, at: Place, x: str) -> str:
    return at.node("DepthToSpace", x, blocksize=op.factor, mode="CRD")


@TABLE.emits(ops.PixelUnshuffle)
def _pixel_unshuffle(op: ops.PixelUnshuffle, at: Place, x: str) -> str:
    """``SpaceToDepth`` has the channels in another order."""
    height, width = at.out_sizes
    squares = [0, at.channels, height, op.factor, width, op.factor]
    x = at.step("squares", "Reshape", x, at.integers("square", squares))
    x = at.step("together", "Transpose", x, perm=[0, 1, 3, 5, 2, 4])
    return at.node("Reshape", x, at.integers("shape", [0, at.at.output.channels, height, width]))


@TABLE.emits(ops.Subsample)
def _subsample(op: ops.Subsample, at: Place, x: str) -> str:
    bounds = at.integers("starts", [0] * len(at.sizes)), at.integers("ends", at.sizes)
    steps = at.integers("axes", at.axes), at.integers("steps", op.stride)
    added = op.channels - at.channels
    if not added:
        return at.node("Slice", x, *bounds, *steps)
    x = at.step("kept", "Slice", x, *bounds, *steps)
    return at.node("Pad", x, at.integers("pads", [0, added]), "", at.integers("channels", [1]))
