"""Convolutions: a product with the kernel for each cell of the window, summed over the window."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from cnngen import ops
from cnngen.ops.kinds import PerAxis
from cnngen.reference.table import TABLE, Array, Weights, positions_of
from cnngen.reference.windows import surround, taps


@TABLE.means(ops.Conv)
def _conv(op: ops.Conv, weights: Weights, x: Array) -> Array:
    """Each group of output channels sees its own group of input channels.

    The kernel is (out, in / groups, window) (Dumoulin & Visin, 2016, chapter 2).
    """
    padded = surround(x, op.pads(positions_of(x)), mode=op.pad_mode)
    inputs = np.split(padded, op.groups, axis=-1)
    kernels = np.split(weights["kernel"], op.groups, axis=0)
    groups = [_correlate(a, k, op) for a, k in zip(inputs, kernels, strict=True)]
    return np.concatenate(groups, axis=-1) + weights.get("bias", 0)


@TABLE.means(ops.StandardizedConv)
def _standardized_conv(op: ops.StandardizedConv, weights: Weights, x: Array) -> Array:
    """Each filter has a mean of 0 and, but for eps, a variance of 1 (Qiao et al., 2019, eq. 5)."""
    kernel = weights["kernel"]
    of_filter = tuple(range(1, kernel.ndim))
    centred = kernel - kernel.mean(of_filter, keepdims=True)
    variance = np.square(centred).mean(of_filter, keepdims=True)
    return _conv(op, {**weights, "kernel": centred / np.sqrt(variance + op.eps)}, x)


def _correlate(x: Array, kernel: Array, op: ops.Conv) -> Array:
    """y[p, o] = sum over cells i and c of x[stride p + dilation i, c] kernel[o, c, i]."""
    products = (
        np.tensordot(under, _at(kernel, cell), axes=(-1, 1))
        for cell, under in taps(x, op.kernel, op.stride, op.dilation)
    )
    return reduce(_add_to, products)


@TABLE.means(ops.DepthwiseConv)
def _depthwise_conv(op: ops.DepthwiseConv, weights: Weights, x: Array) -> Array:
    """Output channel c * multiplier + m is input channel c under its filter m.

    The kernel is (channels, multiplier, window) (Howard et al., 2017, section 3.1).
    """
    padded = surround(x, op.pads(positions_of(x)), mode=op.pad_mode)
    products = (
        under[..., np.newaxis] * _at(weights["kernel"], cell)
        for cell, under in taps(padded, op.kernel, op.stride, op.dilation)
    )
    y = reduce(_add_to, products)
    return y.reshape(*y.shape[:-2], -1) + weights.get("bias", 0)


@TABLE.means(ops.SeparableConv)
def _separable_conv(op: ops.SeparableConv, weights: Weights, x: Array) -> Array:
    """The kernels are (channels, multiplier, window) and (out, in) (Chollet, 2017, section 3)."""
    between = _depthwise_conv(op.depthwise, {"kernel": weights["depthwise"]}, x)
    return between @ weights["pointwise"].T + weights.get("bias", 0)


@TABLE.means(ops.ConvTranspose)
def _conv_transpose(op: ops.ConvTranspose, weights: Weights, x: Array) -> Array:
    """Each input cell adds its kernel to the output; then cells are cut off its sides.

    The kernel is (in, out / groups, window) (Dumoulin & Visin, 2016, chapter 4).
    """
    inputs = np.split(x, op.groups, axis=-1)
    kernels = np.split(weights["kernel"], op.groups, axis=0)
    groups = [_spread(op, a, k) for a, k in zip(inputs, kernels, strict=True)]
    whole = np.concatenate(groups, axis=-1)
    axes = zip(op.cut.before, op.cut.after, positions_of(whole), strict=True)
    kept = (slice(before, size - after) for before, after, size in axes)
    return whole[(slice(None), *kept)] + weights.get("bias", 0)


def _spread(op: ops.ConvTranspose, x: Array, kernel: Array) -> Array:
    """y[stride p + dilation i, o] is the sum over c of x[p, c] kernel[c, o, i]."""
    _, channels, *window = kernel.shape
    reach = [(size - 1) * step for size, step in zip(positions_of(x), op.stride, strict=True)]
    sizes = [far + cells + more for far, cells, more in zip(reach, op.spans, op.added, strict=True)]
    y = np.zeros((len(x), *sizes, channels), x.dtype)
    for cell in np.ndindex(*window):
        axes = zip(cell, op.dilation, reach, op.stride, strict=True)
        under = (slice(i * apart, i * apart + far + 1, step) for i, apart, far, step in axes)
        y[(slice(None), *under)] += x @ _at(kernel, cell)
    return y


def _add_to(total: Array, more: Array) -> Array:
    """The sum, in the memory of ``total``."""
    return np.add(total, more, out=total)


def _at(kernel: Array, cell: PerAxis) -> Array:
    """What a kernel, whose last axes are those of its window, has at a cell of it."""
    index: tuple[Any, ...] = (..., *cell)
    at: Array = kernel[index]
    return at
