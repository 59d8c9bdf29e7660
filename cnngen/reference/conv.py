"""Convolutions: a product with the kernel for each cell of the window, summed over the window."""

from __future__ import annotations

from functools import reduce

import numpy as np

from cnngen import ops
from cnngen.ops.kinds import Pair
from cnngen.ops.window import Pads
from cnngen.reference.table import TABLE, Array, Weights, map_of
from cnngen.reference.windows import surround, taps


@TABLE.means(ops.Conv)
def _conv(op: ops.Conv, weights: Weights, x: Array) -> Array:
    """Each group of output channels sees its own group of input channels.

    The kernel is (out, in / groups, height, width) (Dumoulin & Visin, 2016, chapter 2).
    """
    padded = surround(x, op.pads(map_of(x)))
    inputs = np.split(padded, op.groups, axis=-1)
    kernels = np.split(weights["kernel"], op.groups, axis=0)
    groups = [_correlate(a, k, op) for a, k in zip(inputs, kernels, strict=True)]
    return np.concatenate(groups, axis=-1) + weights.get("bias", 0)


def _correlate(x: Array, kernel: Array, op: ops.Conv) -> Array:
    """y[p, o] = sum over i, j and c of x[stride p + dilation (i, j), c] kernel[o, c, i, j]."""
    products = (
        np.tensordot(under, kernel[:, :, i, j], axes=(-1, 1))
        for i, j, under in taps(x, op.kernel, op.stride, op.dilation)
    )
    return reduce(np.add, products)


@TABLE.means(ops.DepthwiseConv)
def _depthwise_conv(op: ops.DepthwiseConv, weights: Weights, x: Array) -> Array:
    """Output channel c * multiplier + m is input channel c under its filter m.

    The kernel is (channels, multiplier, height, width) (Howard et al., 2017, section 3.1).
    """
    padded = surround(x, op.pads(map_of(x)))
    products = (
        under[..., np.newaxis] * weights["kernel"][:, :, i, j]
        for i, j, under in taps(padded, op.kernel, op.stride, op.dilation)
    )
    y: Array = reduce(np.add, products)
    return y.reshape(*y.shape[:3], -1) + weights.get("bias", 0)


@TABLE.means(ops.ConvTranspose)
def _conv_transpose(op: ops.ConvTranspose, weights: Weights, x: Array) -> Array:
    """Each input cell adds its kernel to the output; then ``pad`` rows are cut off each side.

    The kernel is (in, out / groups, height, width) (Dumoulin & Visin, 2016, chapter 4).
    """
    inputs = np.split(x, op.groups, axis=-1)
    kernels = np.split(weights["kernel"], op.groups, axis=0)
    groups = [_spread(a, k, op.stride, op.output_pad) for a, k in zip(inputs, kernels, strict=True)]
    whole = np.concatenate(groups, axis=-1)
    around = Pads(op.pad[0], op.pad[0], op.pad[1], op.pad[1])
    return _cropped(whole, around) + weights.get("bias", 0)


def _spread(x: Array, kernel: Array, stride: Pair, extra: Pair) -> Array:
    """y[stride p + (i, j), o] is the sum over c of x[p, c] kernel[c, o, i, j]."""
    batch, height, width, _ = x.shape
    _, channels, *window = kernel.shape
    tall = (height - 1) * stride[0] + window[0] + extra[0]
    wide = (width - 1) * stride[1] + window[1] + extra[1]
    y = np.zeros((batch, tall, wide, channels), x.dtype)
    for i, j in np.ndindex(*window):
        rows = slice(i, i + (height - 1) * stride[0] + 1, stride[0])
        columns = slice(j, j + (width - 1) * stride[1] + 1, stride[1])
        y[:, rows, columns] += x @ kernel[:, :, i, j]
    return y


def _cropped(x: Array, around: Pads) -> Array:
    return x[
        :,
        around.top : x.shape[1] - around.bottom,
        around.left : x.shape[2] - around.right,
    ]
