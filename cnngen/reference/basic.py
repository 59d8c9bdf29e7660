"""Dense layers, and layers that only rearrange or pass on."""

from __future__ import annotations

import numpy as np

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights


@TABLE.means(ops.Dense)
def _dense(op: ops.Dense, weights: Weights, x: Array) -> Array:
    """The kernel is (out, in)."""
    return x @ weights["kernel"].T + weights.get("bias", 0)


@TABLE.means(ops.Flatten)
def _flatten(op: ops.Flatten, weights: Weights, x: Array) -> Array:
    """Channel after channel, whatever ``ordered`` says: that is about the targets."""
    if x.ndim == 2:
        return x
    return np.moveaxis(x, -1, 1).reshape(len(x), -1)


@TABLE.means(ops.Identity)
def _identity(op: ops.Identity, weights: Weights, x: Array) -> Array:
    return x


@TABLE.means(ops.PadChannels)
def _pad_channels(op: ops.PadChannels, weights: Weights, x: Array) -> Array:
    added = [(0, 0)] * (x.ndim - 1) + [(0, op.channels - x.shape[-1])]
    return np.pad(x, added)


@TABLE.means(ops.Permute)
def _permute(op: ops.Permute, weights: Weights, x: Array) -> Array:
    return np.transpose(x, (0, *(1 + place for place in op.places(x.ndim - 2))))


@TABLE.means(ops.Reshape)
def _reshape(op: ops.Reshape, weights: Weights, x: Array) -> Array:
    """Channel after channel, as :func:`_flatten` has them."""
    *sizes, channels = op.shape
    return np.moveaxis(_flatten(ops.Flatten(), weights, x).reshape(-1, channels, *sizes), 1, -1)
