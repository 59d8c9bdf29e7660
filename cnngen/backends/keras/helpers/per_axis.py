"""Arguments with a number for each axis."""

import keras


def per_axis(x: keras.KerasTensor, value: int | tuple[int, ...]) -> tuple[int, ...]:
    """A number for each axis of positions, where one may stand for all of them."""
    return (value,) * (len(x.shape) - 2) if isinstance(value, int) else tuple(value)
