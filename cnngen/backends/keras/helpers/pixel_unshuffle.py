"""Positions as channels."""

import keras
from keras import ops


def pixel_unshuffle(x: keras.KerasTensor, factor: int) -> keras.KerasTensor:
    """One position for each square of them, whose values become channels."""
    _, height, width, channels = x.shape
    rows, columns = height // factor, width // factor
    x = ops.reshape(x, (-1, rows, factor, columns, factor, channels))
    x = ops.transpose(x, (0, 1, 3, 5, 2, 4))
    return ops.reshape(x, (-1, rows, columns, channels * factor**2))
