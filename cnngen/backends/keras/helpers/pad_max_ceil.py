"""Padding before a maximum whose last window may be partly outside."""

import math

import keras
from keras import ops

from cnngen.backends.keras.helpers.per_axis import per_axis
from cnngen.backends.keras.helpers.window_padding import window_padding


def pad_max_ceil(
    x: keras.KerasTensor,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...],
    pad: int | tuple[int, ...] = 0,
    ceil: bool = True,
) -> keras.KerasTensor:
    """A border that never wins a maximum; `ceil`: for a last window partly outside."""
    given = [per_axis(x, value) for value in (pool_size, strides, pad)]
    widths = [
        window_padding(size, pool, step, side, ceil)
        for size, pool, step, side in zip(x.shape[1:-1], *given, strict=True)
    ]
    return ops.pad(x, ((0, 0), *widths, (0, 0)), constant_values=-math.inf)
