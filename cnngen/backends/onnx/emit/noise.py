"""Layers that draw at random in training: nothing is left of them."""

from __future__ import annotations

from cnngen import ops
from cnngen.backends.onnx.place import TABLE, Place


def _unchanged(op: ops.Noise, at: Place, x: str) -> str:
    return x


TABLE.emits(ops.Dropout)(_unchanged)
TABLE.emits(ops.SpatialDropout)(_unchanged)
TABLE.emits(ops.DropPath)(_unchanged)
TABLE.emits(ops.GaussianDropout)(_unchanged)
TABLE.emits(ops.GaussianNoise)(_unchanged)
