"""Maximum pooling with gaps in the window."""

import itertools
import math
from typing import Any

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.per_axis import per_axis
from cnngen.backends.keras.helpers.same_sides import same_sides
from cnngen.backends.keras.helpers.window_padding import window_padding


@keras.saving.register_keras_serializable("cnngen")
class DilatedMaxPooling(layers.Layer):  # type: ignore[misc]
    """The maximum of the cells of each window, `dilation_rate` apart.

    `pad`: cells on each side, or "same"; `ceil`: a last window may be partly outside.
    """

    def __init__(
        self,
        pool_size: int | tuple[int, ...],
        strides: int | tuple[int, ...],
        dilation_rate: int | tuple[int, ...],
        pad: int | tuple[int, ...] | str = 0,
        ceil: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = pool_size
        self.strides = strides
        self.dilation_rate = dilation_rate
        self.pad = pad
        self.ceil = ceil

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        pool, strides, apart = self._windows(x)
        sizes = self.compute_output_shape(x.shape)[1:-1]
        x = ops.pad(x, ((0, 0), *self._sides(x), (0, 0)), constant_values=-math.inf)
        y = None
        for cells in itertools.product(*map(range, pool)):
            axes = zip(cells, sizes, strides, apart, strict=True)
            taken = [
                slice(cell * gap, cell * gap + (size - 1) * step + 1, step)
                for cell, size, step, gap in axes
            ]
            under = x[(slice(None), *taken)]
            # Not the maximum of two: only the first of equal cells has a gradient.
            y = under if y is None else ops.where(under > y, under, y)
        return y

    def _windows(self, x: keras.KerasTensor) -> list[tuple[int, ...]]:
        given = (self.pool_size, self.strides, self.dilation_rate)
        return [per_axis(x, value) for value in given]

    def _reaches(self, x: keras.KerasTensor) -> list[int]:
        pool, _, apart = self._windows(x)
        return [(cells - 1) * gap + 1 for cells, gap in zip(pool, apart, strict=True)]

    def _sides(self, x: keras.KerasTensor) -> list[tuple[int, int]]:
        """Cells before and after each axis."""
        axes = list(
            zip(x.shape[1:-1], self._reaches(x), self._windows(x)[1], strict=True)
        )
        if isinstance(self.pad, str):
            return [same_sides(*axis) for axis in axes]
        return [
            window_padding(size, reach, step, pad, self.ceil)
            for (size, reach, step), pad in zip(
                axes, per_axis(x, self.pad), strict=True
            )
        ]

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        x = keras.KerasTensor(input_shape)
        batch, *sizes, channels = input_shape
        windows = (self._sides(x), self._reaches(x), self._windows(x)[1])
        axes = zip(sizes, *windows, strict=True)
        places = [
            (size + sum(side) - reach) // step + 1 for size, side, reach, step in axes
        ]
        return (batch, *places, channels)

    def get_config(self) -> dict[str, Any]:
        own = {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "dilation_rate": self.dilation_rate,
            "pad": self.pad,
            "ceil": self.ceil,
        }
        return {**super().get_config(), **own}
