"""Convolutions: plain, with standardised weights, depthwise, separable, transposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnngen import ops
from cnngen.backends.onnx.emit.windows import nothing, same_depends, surrounded, window
from cnngen.backends.onnx.place import TABLE, Place


def _convolved(
    op: ops.Conv | ops.DepthwiseConv,
    at: Place,
    given: Sequence[str],
    groups: int,
    node: Callable[..., str],
) -> str:
    """A convolution over the map that comes first in ``given``, by ``node``."""
    x, *others = given
    sizes = at.sizes if same_depends(op.pad, op.kernel, op.stride) else op.kernel
    around = op.pads(sizes)
    if op.pad_mode != "zeros":
        x, around = surrounded(at, x, around, op.pad_mode), nothing(at.rank)
    attributes = window(op.kernel, op.stride, around, op.dilation)
    return node("Conv", x, *others, **attributes, group=groups)


@TABLE.emits(ops.Conv)
def _conv(op: ops.Conv, at: Place, x: str) -> str:
    return _convolved(op, at, (x, at.weight("kernel"), *at.bias()), op.groups, at.node)


@TABLE.emits(ops.StandardizedConv)
def _standardized_conv(op: ops.StandardizedConv, at: Place, x: str) -> str:
    """The weights are standardised here, since they do not change any more."""
    kernel = at.array("kernel").astype(np.float64)
    of_filter = tuple(range(1, kernel.ndim))
    centred = kernel - kernel.mean(of_filter, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(of_filter, keepdims=True) + op.eps)
    standardized = at.constant("standardized_weight", centred / deviation)
    return _convolved(op, at, (x, standardized, *at.bias()), op.groups, at.node)


@TABLE.emits(ops.DepthwiseConv)
def _depthwise_conv(op: ops.DepthwiseConv, at: Place, x: str) -> str:
    return _convolved(op, at, (x, at.weight("kernel"), *at.bias()), at.channels, at.node)


@TABLE.emits(ops.SeparableConv)
def _separable_conv(op: ops.SeparableConv, at: Place, x: str) -> str:
    def depthwise(*inputs: str, **attributes: Any) -> str:
        return at.step("depthwise", *inputs, **attributes)

    x = _convolved(op.depthwise, at, (x, at.weight("depthwise")), at.channels, depthwise)
    return at.node("Conv", x, at.weight("pointwise"), *at.bias())


@TABLE.emits(ops.ConvTranspose)
def _conv_transpose(op: ops.ConvTranspose, at: Place, x: str) -> str:
    attributes = window(op.kernel, op.stride, op.cut, op.dilation)
    kernel = at.weight("kernel")
    return at.node(
        "ConvTranspose",
        x,
        kernel,
        *at.bias(),
        **attributes,
        output_padding=op.added,
        group=op.groups,
    )
