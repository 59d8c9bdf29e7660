"""Layers that draw at random in training: nothing is drawn here."""

from __future__ import annotations

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights


def _unchanged(op: ops.Noise, weights: Weights, x: Array) -> Array:
    return x


TABLE.means(ops.Dropout)(_unchanged)
TABLE.means(ops.SpatialDropout)(_unchanged)
TABLE.means(ops.DropPath)(_unchanged)
TABLE.means(ops.GaussianDropout)(_unchanged)
TABLE.means(ops.GaussianNoise)(_unchanged)
