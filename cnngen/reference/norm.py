"""Normalisation, in evaluation."""

from __future__ import annotations

import numpy as np

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights


@TABLE.means(ops.BatchNorm)
def _batch_norm(op: ops.BatchNorm, weights: Weights, x: Array) -> Array:
    """With the running statistics, per channel (Ioffe & Szegedy, 2015, algorithm 2, step 11)."""
    normal = (x - weights["mean"]) / np.sqrt(weights["variance"] + op.eps)
    return _scaled(normal, weights)


@TABLE.means(ops.LayerNorm)
def _layer_norm(op: ops.LayerNorm, weights: Weights, x: Array) -> Array:
    """Over the channels of each position (Ba et al., 2016, equation 3)."""
    return _scaled(_standardised(x, (-1,), op.eps), weights)


@TABLE.means(ops.GroupNorm)
def _group_norm(op: ops.GroupNorm, weights: Weights, x: Array) -> Array:
    """Over all positions and each group of neighbouring channels (Wu & He, 2018, equation 7)."""
    batch, *_, channels = x.shape
    grouped = x.reshape(batch, -1, op.groups, channels // op.groups)
    return _scaled(_standardised(grouped, (1, 3), op.eps).reshape(x.shape), weights)


@TABLE.means(ops.InstanceNorm)
def _instance_norm(op: ops.InstanceNorm, weights: Weights, x: Array) -> Array:
    """Over all positions of each channel (Ulyanov et al., 2016, equation 2)."""
    return _scaled(_standardised(x, _positions(x), op.eps), weights)


@TABLE.means(ops.RmsNorm)
def _rms_norm(op: ops.RmsNorm, weights: Weights, x: Array) -> Array:
    """Over the channels of each position (Zhang & Sennrich, 2019, equation 4)."""
    return _scaled(x / np.sqrt(np.square(x).mean(-1, keepdims=True) + op.eps), weights)


@TABLE.means(ops.GlobalResponseNorm)
def _global_response_norm(op: ops.GlobalResponseNorm, weights: Weights, x: Array) -> Array:
    """Woo et al., 2023, algorithm 1."""
    roots = np.sqrt(np.square(x).sum(_positions(x), keepdims=True))
    return x + _scaled(x * roots / (roots.mean(-1, keepdims=True) + op.eps), weights)


def _positions(x: Array) -> tuple[int, ...]:
    """The axes between batch and channels."""
    return tuple(range(1, x.ndim - 1))


def _standardised(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """Mean 0 and variance 1 over ``axes``; the variance is the mean square deviation."""
    away = x - x.mean(axes, keepdims=True)
    variance = np.square(away).mean(axes, keepdims=True)
    y: Array = away / np.sqrt(variance + eps)
    return y


def _scaled(x: Array, weights: Weights) -> Array:
    return x * weights.get("scale", 1) + weights.get("shift", 0)


@TABLE.means(ops.LocalResponseNorm)
def _local_response_norm(op: ops.LocalResponseNorm, weights: Weights, x: Array) -> Array:
    """The input over (k + alpha sum of neighbouring squares)^beta (Krizhevsky et al., 2012, 3.3).

    The neighbours of channel c are c - size // 2 up to c + (size - 1) // 2, as far as they exist.
    """
    channels = x.shape[-1]
    around = (*((0, 0),) * (x.ndim - 1), (op.size // 2, (op.size - 1) // 2))
    squares = np.pad(np.square(x), around)
    total = np.sum([squares[..., i : i + channels] for i in range(op.size)], axis=0)
    y: Array = x / (op.k + op.alpha * total) ** op.beta
    return y
