"""What is put around a map, or cut off it."""

from __future__ import annotations

from cnngen import ops
from cnngen.backends.onnx.emit.windows import padded
from cnngen.backends.onnx.place import END, TABLE, Place


@TABLE.emits(ops.Pad)
def _pad(op: ops.Pad, at: Place, x: str) -> str:
    return padded(at, at.path, x, op.sides, op.mode)


@TABLE.emits(ops.Crop)
def _crop(op: ops.Crop, at: Place, x: str) -> str:
    starts = at.integers("starts", op.sides.before)
    ends = at.integers("ends", [-after if after else END for after in op.sides.after])
    return at.node("Slice", x, starts, ends, at.integers("axes", at.axes))
