"""Pooling of maps with three axes."""

from collections.abc import Callable

import keras
from keras import ops

from cnngen.backends.keras.helpers.per_axis import per_axis


def pool3d(
    x: keras.KerasTensor,
    pool: Callable[..., keras.KerasTensor],
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...],
) -> keras.KerasTensor:
    """`pool` over the width, then over depth and height.

    TensorFlow's own pooling of three axes has no float64, and gives the whole gradient
    to each of several equal maxima.
    """
    _, depth, height, width, channels = x.shape
    *pools, last = per_axis(x, pool_size)
    *steps, step = per_axis(x, strides)
    x = ops.reshape(x, (-1, depth * height, width, channels))
    x = pool(x, (1, last), (1, step), data_format="channels_last")
    width = x.shape[2]
    x = ops.reshape(x, (-1, depth, height, width * channels))
    x = pool(x, tuple(pools), tuple(steps), data_format="channels_last")
    return ops.reshape(x, (-1, x.shape[1], x.shape[2], width, channels))
