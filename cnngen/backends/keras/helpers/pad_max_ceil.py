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
    ceil: bool = True,
) -> keras.KerasTensor:
    """A border that never wins a maximum; `ceil`: for a last window partly outside."""
    given = (pool_size, strides, pad)
    pools, steps, pads = [(n, n) if isinstance(n, int) else n for n in given]
    widths = [
        window_padding(x.shape[axis + 1], pools[axis], steps[axis], pads[axis], ceil)
        for axis in (0, 1)
    ]
    return ops.pad(x, ((0, 0), *widths, (0, 0)), constant_values=-math.inf)
