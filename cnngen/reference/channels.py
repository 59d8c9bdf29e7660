"""Layers that look across channels, or change their order."""

from __future__ import annotations

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights


@TABLE.means(ops.ChannelMean)
def _channel_mean(op: ops.ChannelMean, weights: Weights, x: Array) -> Array:
    y: Array = x.mean(-1, keepdims=True)
    return y


@TABLE.means(ops.ChannelMax)
def _channel_max(op: ops.ChannelMax, weights: Weights, x: Array) -> Array:
    y: Array = x.max(-1, keepdims=True)
    return y


@TABLE.means(ops.ChannelShuffle)
def _channel_shuffle(op: ops.ChannelShuffle, weights: Weights, x: Array) -> Array:
    """Groups x channels of each -> channels of each x groups (Zhang et al., 2018, section 3.1)."""
    groups = x.reshape(*x.shape[:-1], op.groups, -1)
    return groups.swapaxes(-1, -2).reshape(x.shape)


@TABLE.means(ops.ChannelSlice)
def _channel_slice(op: ops.ChannelSlice, weights: Weights, x: Array) -> Array:
    return x[..., op.start : op.stop]
