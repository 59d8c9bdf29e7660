"""Padding before a maximum that is another on both sides."""

import math

import keras
from keras import ops

from cnngen.backends.keras.helpers.per_axis import per_axis


def pad_max_sides(
    x: keras.KerasTensor, pad: int | tuple[int, ...], after: int | tuple[int, ...]
) -> keras.KerasTensor:
    """A border that never wins a maximum: `pad` cells before each axis."""
    widths = zip(per_axis(x, pad), per_axis(x, after), strict=True)
    return ops.pad(x, ((0, 0), *widths, (0, 0)), constant_values=-math.inf)
