"""What is put around a map, or cut off it."""

from __future__ import annotations

from cnngen import ops
from cnngen.backends.onnx.emit.windows import padded
from cnngen.backends.onnx.place import TABLE, Place


@TABLE.emits(ops.Pad)
def _pad(op: ops.Pad, at: Place, x: str) -> str:
    return padded(at, at.path, x, op.sides, op.mode)


@TABLE.emits(ops.Crop)
def _crop(op: ops.Crop, at: Place, x: str) -> str:
    ends = [size - after for size, after in zip(at.sizes, op.sides.after, strict=True)]
    starts = at.integers("starts", op.sides.before)
    return at.node("Slice", x, starts, at.integers("ends", ends), at.integers("axes", at.axes))
