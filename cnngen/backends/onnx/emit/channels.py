"""Layers that look across channels, or change their order."""

from __future__ import annotations

import numpy as np

from cnngen import ops
from cnngen.backends.onnx.place import TABLE, Place


@TABLE.emits(ops.ChannelMean)
def _channel_mean(op: ops.ChannelMean, at: Place, x: str) -> str:
    return at.node("ReduceMean", x, at.integers("axes", [1]))


@TABLE.emits(ops.ChannelMax)
def _channel_max(op: ops.ChannelMax, at: Place, x: str) -> str:
    return at.node("ReduceMax", x, at.integers("axes", [1]))


@TABLE.emits(ops.ChannelShuffle)
def _channel_shuffle(op: ops.ChannelShuffle, at: Place, x: str) -> str:
    order = np.arange(at.channels).reshape(op.groups, -1).T.ravel()
    return at.node("Gather", x, at.integers("order", order), axis=1)


@TABLE.emits(ops.ChannelSlice)
def _channel_slice(op: ops.ChannelSlice, at: Place, x: str) -> str:
    ends = at.integers("start", [op.start]), at.integers("stop", [op.stop])
    return at.node("Slice", x, *ends, at.integers("axes", [1]))
