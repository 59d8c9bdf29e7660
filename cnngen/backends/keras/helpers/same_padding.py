"""Padding that depends on the size of its input."""

from typing import Any

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.per_axis import per_axis
from cnngen.backends.keras.helpers.same_sides import same_sides


@keras.saving.register_keras_serializable("cnngen")
class SamePadding(layers.Layer):  # type: ignore[misc]
    """Padding with which a dilated window gives ceil(size / stride)."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        strides: int | tuple[int, ...],
        dilation_rate: int | tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.strides = strides
        self.dilation_rate = dilation_rate

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return ops.pad(x, ((0, 0), *self._widths(x), (0, 0)))

    def _widths(self, x: keras.KerasTensor) -> list[tuple[int, int]]:
        given = (self.kernel_size, self.strides, self.dilation_rate)
        windows = [per_axis(x, value) for value in given]
        widths = []
        for size, cells, step, apart in zip(x.shape[1:-1], *windows, strict=True):
            widths.append(same_sides(size, (cells - 1) * apart + 1, step))
        return widths

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        batch, *sizes, channels = input_shape
        widths = self._widths(keras.KerasTensor(input_shape))
        padded = [size + sum(width) for size, width in zip(sizes, widths, strict=True)]
        return (batch, *padded, channels)

    def get_config(self) -> dict[str, Any]:
        own = {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "dilation_rate": self.dilation_rate,
        }
        return {**super().get_config(), **own}
