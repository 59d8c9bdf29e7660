"""A batch norm as part of the layer before it."""

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.scale_and_shift import scale_and_shift


def fold_norm(
    layer: layers.Layer, norm: layers.BatchNormalization
) -> tuple[keras.KerasTensor, ...]:
    """The kernels and the bias of a trained layer and of the norm after it."""
    scale, shift = scale_and_shift(norm)
    bias = shift if layer.bias is None else shift + layer.bias * scale
    if isinstance(layer, (layers.SeparableConv1D, layers.SeparableConv2D)):
        return layer.depthwise_kernel, layer.pointwise_kernel * scale, bias
    if isinstance(layer, (layers.DepthwiseConv1D, layers.DepthwiseConv2D)):
        scale = ops.reshape(scale, layer.kernel.shape[-2:])
    elif "Transpose" in type(layer).__name__:  # channels come before the input's
        scale = ops.expand_dims(scale, -1)
    return layer.kernel * scale, bias
