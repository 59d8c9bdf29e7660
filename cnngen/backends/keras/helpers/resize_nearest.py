"""Another size for a map."""

import keras
from keras import ops

from cnngen.backends.keras.helpers.per_axis import per_axis


def resize_nearest(
    x: keras.KerasTensor, size: int | tuple[int, ...]
) -> keras.KerasTensor:
    """Along an axis, position i of m is position floor(i n / m) of the input."""
    for axis, wanted in enumerate(per_axis(x, size), 1):
        places = [i * x.shape[axis] // wanted for i in range(wanted)]
        x = ops.take(x, places, axis=axis)
    return x
