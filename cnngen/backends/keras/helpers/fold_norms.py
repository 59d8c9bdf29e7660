"""Batch norms as part of the layers before them."""

from collections.abc import Collection

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.layers_before import layers_before
from cnngen.backends.keras.helpers.scale_and_shift import scale_and_shift


def fold_norms(
    weights: dict[str, list[keras.KerasTensor]], gone: Collection[layers.Layer]
) -> None:
    """Put those of batch norms that are gone into the layers that they follow."""
    for norm in gone:
        is_norm = isinstance(norm, layers.BatchNormalization)
        if not is_norm or norm.name not in weights:  # it is part of another one already
            continue
        layer = layers_before(norm)[0]
        while not weights.get(layer.name):  # it cuts off what that one put around
            layer = layers_before(layer)[0]
        scale, shift = scale_and_shift(norm)
        *kernels, last = weights[layer.name]
        if len(last.shape) == 1:  # a bias
            shift = shift + last * scale
            *kernels, last = kernels
        weights[layer.name] = [*kernels, last * _factors(layer, last, scale), shift]
        del weights[norm.name]


def _factors(
    layer: layers.Layer, kernel: keras.KerasTensor, scale: keras.KerasTensor
) -> keras.KerasTensor:
    """What the kernel of a layer is multiplied by, for each of its outputs."""
    if isinstance(layer, (layers.DepthwiseConv1D, layers.DepthwiseConv2D)):
        return ops.reshape(scale, kernel.shape[-2:])
    if "Transpose" in type(layer).__name__:  # channels come before the input's
        return ops.expand_dims(scale, -1)
    return scale
