"""Padding before a maximum."""

import math

import keras
from keras import ops


def pad_max(x: keras.KerasTensor, pad: int | tuple[int, ...]) -> keras.KerasTensor:
    """A border that never wins a maximum."""
    pads = [pad] * (len(x.shape) - 2) if isinstance(pad, int) else pad
    widths = ((0, 0), *((side, side) for side in pads), (0, 0))
    return ops.pad(x, widths, constant_values=-math.inf)
