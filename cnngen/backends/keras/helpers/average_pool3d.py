"""Average pooling of maps with three axes."""

import keras
from keras import ops

from cnngen.backends.keras.helpers.pool3d import pool3d


def average_pool3d(
    x: keras.KerasTensor,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...],
) -> keras.KerasTensor:
    """The average of each window."""
    return pool3d(x, ops.average_pool, pool_size, strides)
