"""Maximum pooling of maps with three axes."""

import keras
from keras import ops

from cnngen.backends.keras.helpers.pool3d import pool3d


def max_pool3d(
    x: keras.KerasTensor,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...],
) -> keras.KerasTensor:
    """The maximum of each window."""
    return pool3d(x, ops.max_pool, pool_size, strides)
