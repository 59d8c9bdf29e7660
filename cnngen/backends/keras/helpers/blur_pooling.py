"""Pooling without aliasing."""

import math
from typing import Any

import keras
from keras import layers

from cnngen.backends.keras.helpers.pad_reflect import pad_reflect
from cnngen.backends.keras.helpers.per_axis import per_axis


@keras.saving.register_keras_serializable("cnngen")
class BlurPooling(layers.Layer):  # type: ignore[misc]
    """A binomial blur of each channel, of which every strides-th position is kept."""

    def __init__(
        self,
        pool_size: int | tuple[int, ...],
        strides: int | tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = pool_size
        self.strides = strides

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        pool, strides = per_axis(x, self.pool_size), per_axis(x, self.strides)
        before = tuple((cells - 1) // 2 for cells in pool)
        x = pad_reflect(x, before, after=tuple(cells // 2 for cells in pool))
        for axis, (cells, step) in enumerate(zip(pool, strides, strict=True), 1):
            whole = (slice(None),) * axis
            last = x.shape[axis] - cells
            x = sum(
                math.comb(cells - 1, place)
                / 2 ** (cells - 1)
                * x[(*whole, slice(place, place + last + 1, step))]
                for place in range(cells)
            )
        return x

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        batch, *sizes, channels = input_shape
        strides = per_axis(keras.KerasTensor(input_shape), self.strides)
        kept = [-(-size // step) for size, step in zip(sizes, strides, strict=True)]
        return (batch, *kept, channels)

    def get_config(self) -> dict[str, Any]:
        own = {"pool_size": self.pool_size, "strides": self.strides}
        return {**super().get_config(), **own}
