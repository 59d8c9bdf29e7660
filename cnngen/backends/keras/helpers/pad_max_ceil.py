"""Padding before a maximum whose last window may be partly outside."""

import math

import keras
from keras import ops

from cnngen.backends.keras.helpers.window_padding import window_padding


def pad_max_ceil(
    x: keras.KerasTensor,
    pool_size: int | tuple[int, int],
    strides: int | tuple[int, int],
    pad: int | tuple[int, int] = 0,
) -> keras.KerasTensor:
    """A border that never wins a maximum, for a last window that is partly outside."""
    given = (pool_size, strides, pad)
    pairs = [(each, each) if isinstance(each, int) else each for each in given]
    rows, columns = (
        window_padding(size, *axis, True)
        for size, *axis in zip(x.shape[1:3], *pairs, strict=True)
    )
    return ops.pad(x, ((0, 0), rows, columns, (0, 0)), constant_values=-math.inf)
