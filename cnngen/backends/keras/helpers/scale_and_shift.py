"""Batch norms in evaluation."""

import keras
from keras import layers, ops


def scale_and_shift(
    norm: layers.BatchNormalization,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """What a batch norm multiplies by and adds."""
    scale = 1 / ops.sqrt(norm.moving_variance + norm.epsilon)
    scale = scale if norm.gamma is None else scale * norm.gamma
    shift = -norm.moving_mean * scale
    return scale, shift if norm.beta is None else shift + norm.beta
