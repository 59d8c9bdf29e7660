"""The order of channels."""

import keras
from keras import ops


def channel_shuffle(x: keras.KerasTensor, groups: int) -> keras.KerasTensor:
    """The first channel of each group, then the second of each, and so on."""
    *positions, channels = x.shape[1:]
    x = ops.reshape(x, (-1, *positions, groups, channels // groups))
    return ops.reshape(ops.swapaxes(x, -2, -1), (-1, *positions, channels))
