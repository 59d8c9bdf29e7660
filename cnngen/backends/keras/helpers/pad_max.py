"""Padding before a maximum."""

import math

import keras
from keras import ops


def pad_max(x: keras.KerasTensor, pad: int | tuple[int, int]) -> keras.KerasTensor:
    """A border that never wins a maximum."""
    rows, columns = (pad, pad) if isinstance(pad, int) else pad
    widths = ((0, 0), (rows, rows), (columns, columns), (0, 0))
    return ops.pad(x, widths, constant_values=-math.inf)
