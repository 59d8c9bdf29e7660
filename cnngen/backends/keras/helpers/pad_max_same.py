"""Padding before a maximum that depends on the size of its input."""

import math

import keras
from keras import ops

from cnngen.backends.keras.helpers.per_axis import per_axis
from cnngen.backends.keras.helpers.same_sides import same_sides


def pad_max_same(
    x: keras.KerasTensor,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...],
) -> keras.KerasTensor:
    """A border that never wins a maximum, for ceil(size / stride) windows."""
    pools, steps = per_axis(x, pool_size), per_axis(x, strides)
    axes = zip(x.shape[1:-1], pools, steps, strict=True)
    widths = ((0, 0), *(same_sides(*axis) for axis in axes), (0, 0))
    return ops.pad(x, widths, constant_values=-math.inf)
