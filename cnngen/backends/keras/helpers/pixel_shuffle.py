"""Channels as positions."""

import keras
from keras import ops


def pixel_shuffle(x: keras.KerasTensor, factor: int) -> keras.KerasTensor:
    """A square of positions for each, from the channels that lie together."""
    _, height, width, channels = x.shape
    kept = channels // factor**2
    x = ops.reshape(x, (-1, height, width, kept, factor, factor))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
    return ops.reshape(x, (-1, height * factor, width * factor, kept))
