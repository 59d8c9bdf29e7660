"""Padding with the edge."""

import keras
from keras import ops

from cnngen.backends.keras.helpers.per_axis import per_axis


def pad_replicate(
    x: keras.KerasTensor,
    cells: int | tuple[int, ...],
    after: int | tuple[int, ...] | None = None,
) -> keras.KerasTensor:
    """The edge of each axis, repeated."""
    ends = per_axis(x, cells if after is None else after)
    for axis, (before, behind) in enumerate(
        zip(per_axis(x, cells), ends, strict=True), 1
    ):
        last = x.shape[axis] - 1
        taken = [min(max(i, 0), last) for i in range(-before, last + 1 + behind)]
        x = ops.take(x, taken, axis=axis)
    return x
