"""Padding with a mirror image."""

import keras
from keras import ops

from cnngen.backends.keras.helpers.per_axis import per_axis


def pad_reflect(
    x: keras.KerasTensor,
    cells: int | tuple[int, ...],
    after: int | tuple[int, ...] | None = None,
) -> keras.KerasTensor:
    """The cells next to the edge of each axis, in reverse."""
    ends = per_axis(x, cells if after is None else after)
    for axis, (before, behind) in enumerate(
        zip(per_axis(x, cells), ends, strict=True), 1
    ):
        last = x.shape[axis] - 1
        if max(before, behind) > last:
            raise ValueError(
                f"{max(before, behind)} cells cannot be reflected from {last + 1}"
            )
        taken = [last - abs(last - abs(i)) for i in range(-before, last + 1 + behind)]
        x = ops.take(x, taken, axis=axis)
    return x
