"""Factors and constants."""

from __future__ import annotations

from cnngen import ops
from cnngen.backends.onnx.place import TABLE, Place


@TABLE.emits(ops.Scale)
def _scale(op: ops.Scale, at: Place, x: str) -> str:
    return at.node("Mul", x, at.constant("factor", op.factor))


@TABLE.emits(ops.Offset)
def _offset(op: ops.Offset, at: Place, x: str) -> str:
    return at.node("Add", x, at.constant("constant", op.constant))


@TABLE.emits(ops.Normalize)
def _normalize(op: ops.Normalize, at: Place, x: str) -> str:
    centred = at.step("centred", "Sub", x, at.per_channel("mean", op.mean))
    return at.node("Div", centred, at.per_channel("deviation", op.deviation))


@TABLE.emits(ops.LayerScale)
def _layer_scale(op: ops.LayerScale, at: Place, x: str) -> str:
    return at.node("Mul", x, at.weight("scale"))
