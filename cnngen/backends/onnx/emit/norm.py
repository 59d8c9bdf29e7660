"""Normalisation, in evaluation."""

from __future__ import annotations

import numpy as np

from cnngen import ops
from cnngen.backends.onnx.place import TABLE, Place


def _scale(at: Place) -> str:
    """The scale of each channel: ones where the layer has none, since operators ask for it."""
    if at.has("scale"):
        return at.weight("scale")
    return at.constant("ones", np.ones(at.channels))


def _shift(at: Place) -> str:
    """The shift of each channel: zeros where the layer has none."""
    if at.has("shift"):
        return at.weight("shift")
    return at.constant("zeros", np.zeros(at.channels))


@TABLE.emits(ops.BatchNorm)
def _batch_norm(op: ops.BatchNorm, at: Place, x: str) -> str:
    statistics = at.weight("mean"), at.weight("variance")
    return at.node(
        "BatchNormalization", x, _scale(at), _shift(at), *statistics, epsilon=float(op.eps)
    )


@TABLE.emits(ops.LayerNorm)
def _layer_norm(op: ops.LayerNorm, at: Place, x: str) -> str:
    """The operator takes all axes from one on, so that channels have to be the last."""
    weights = (_scale(at), at.weight("shift")) if at.has("shift") else (_scale(at),)
    if not at.rank:
        return at.node("LayerNormalization", x, *weights, axis=-1, epsilon=float(op.eps))
    x = at.step("channels_last", "Transpose", x, perm=[0, *at.axes, 1])
    x = at.step("norm", "LayerNormalization", x, *weights, axis=-1, epsilon=float(op.eps))
    return at.node("Transpose", x, perm=[0, at.rank + 1, *range(1, at.rank + 1)])


@TABLE.emits(ops.GroupNorm)
def _group_norm(op: ops.GroupNorm, at: Place, x: str) -> str:
    given, attributes = (_scale(at), _shift(at)), {"num_groups": op.groups, "epsilon": op.eps}
    if at.rank:
        return at.node("GroupNormalization", x, *given, **attributes)
    x = at.step("map", "Reshape", x, at.integers("shape", [0, at.channels, 1]))
    x = at.step("norm", "GroupNormalization", x, *given, **attributes)
    return at.node("Flatten", x, axis=1)


@TABLE.emits(ops.InstanceNorm)
def _instance_norm(op: ops.InstanceNorm, at: Place, x: str) -> str:
    return at.node("InstanceNormalization", x, _scale(at), _shift(at), epsilon=float(op.eps))


@TABLE.emits(ops.RmsNorm)
def _rms_norm(op: ops.RmsNorm, at: Place, x: str) -> str:
    """``RMSNormalization`` comes with opset 23 only."""
    squares = at.step("squares", "Mul", x, x)
    mean = at.step("mean", "ReduceMean", squares, at.integers("axes", [1]))
    above = at.step("above", "Add", mean, at.constant("epsilon", op.eps))
    normal = at.step("normal", "Div", x, at.step("root", "Sqrt", above))
    return at.node("Mul", normal, at.weight("scale"))


@TABLE.emits(ops.GlobalResponseNorm)
def _global_response_norm(op: ops.GlobalResponseNorm, at: Place, x: str) -> str:
    roots = at.step("roots", "ReduceL2", x, at.integers("positions", at.axes))
    mean = at.step("mean", "ReduceMean", roots, at.integers("channels", [1]))
    above = at.step("above", "Add", mean, at.constant("epsilon", op.eps))
    normal = at.step("normal", "Mul", x, at.step("share", "Div", roots, above))
    scaled = at.step("scaled", "Mul", normal, at.weight("scale"))
    return at.node("Add", x, at.step("shifted", "Add", scaled, at.weight("shift")))


@TABLE.emits(ops.LocalResponseNorm)
def _local_response_norm(op: ops.LocalResponseNorm, at: Place, x: str) -> str:
    """``LRN`` divides ``alpha`` by the size, which is odd, and takes maps of two axes only.

    Runtimes refuse factors of zero.
    """
    if op.size % 2 and at.rank == 2 and min(op.alpha, op.beta, op.k) > 0:
        factors = {"alpha": float(op.alpha * op.size), "beta": float(op.beta)}
        return at.node("LRN", x, size=op.size, bias=float(op.k), **factors)
    share = at.step("share", "Mul", _channel_sums(op, at, x), at.constant("alpha", op.alpha))
    above = at.step("above", "Add", share, at.constant("k", op.k))
    return at.node("Div", x, at.step("power", "Pow", above, at.constant("beta", op.beta)))


def _channel_sums(op: ops.LocalResponseNorm, at: Place, x: str) -> str:
    """The sums of the squares of neighbouring channels: averages of windows along that axis."""
    squares = at.step("squares", "Mul", x, x)
    rows = at.step("rows", "Reshape", squares, at.integers("row", [0, 1, at.channels, -1]))
    means = at.step(
        "means",
        "AveragePool",
        rows,
        kernel_shape=[op.size, 1],
        pads=[op.size // 2, 0, (op.size - 1) // 2, 0],
        count_include_pad=1,
    )
    whole = at.step("whole", "Reshape", means, at.integers("shape", [0, at.channels, *at.sizes]))
    return at.step("sums", "Mul", whole, at.constant("size", op.size))
