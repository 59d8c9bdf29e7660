"""Factors and constants."""

from __future__ import annotations

import numpy as np

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights


@TABLE.means(ops.Scale)
def _scale(op: ops.Scale, weights: Weights, x: Array) -> Array:
    return x * op.factor


@TABLE.means(ops.Offset)
def _offset(op: ops.Offset, weights: Weights, x: Array) -> Array:
    return x + op.constant


@TABLE.means(ops.Normalize)
def _normalize(op: ops.Normalize, weights: Weights, x: Array) -> Array:
    y: Array = (x - np.asarray(op.mean, x.dtype)) / np.asarray(op.deviation, x.dtype)
    return y


@TABLE.means(ops.LayerScale)
def _layer_scale(op: ops.LayerScale, weights: Weights, x: Array) -> Array:
    return x * weights["scale"]
