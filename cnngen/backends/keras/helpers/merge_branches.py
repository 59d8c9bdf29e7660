"""Layers side by side whose outputs are added, as one convolution."""

from collections.abc import Mapping, Sequence

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.scale_and_shift import scale_and_shift


def merge_branches(
    weights: dict[str, list[keras.KerasTensor]],
    beside: Mapping[str, Sequence[layers.Layer | None]],
) -> None:
    """Put those of layers beside convolutions into these; None is the input."""
    for name, others in beside.items():
        kernel, *biases = weights[name]
        bias = biases[0] if biases else ops.zeros(kernel.shape[-1:], kernel.dtype)
        for layer in others:
            more, shift = _branch(weights, layer, kernel)
            kernel, bias = kernel + more, bias + shift
        weights[name] = [kernel, bias]


def _branch(
    weights: dict[str, list[keras.KerasTensor]],
    layer: layers.Layer | None,
    kernel: keras.KerasTensor,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The kernel of a layer, in the size of `kernel`, and its bias."""
    if layer is None:
        return _identity(kernel), 0
    if isinstance(layer, layers.BatchNormalization):
        del weights[layer.name]
        scale, shift = scale_and_shift(layer)
        return _identity(kernel) * scale, shift
    own, bias = (*weights.pop(layer.name), 0)[:2]
    sizes = zip(kernel.shape, own.shape, strict=True)
    return ops.pad(own, [((large - small) // 2,) * 2 for large, small in sizes]), bias


def _identity(kernel: keras.KerasTensor) -> keras.KerasTensor:
    """The kernel of this size that gives what it takes."""
    *sizes, inputs, outputs = kernel.shape
    one = ops.tile(ops.eye(inputs, dtype=kernel.dtype), (1, outputs // inputs))
    one = ops.reshape(one, (*[1] * len(sizes), inputs, outputs))
    return ops.pad(one, [*((size // 2, size // 2) for size in sizes), (0, 0), (0, 0)])
