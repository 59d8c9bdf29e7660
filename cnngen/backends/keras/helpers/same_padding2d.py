"""Padding that depends on the size of its input."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cnngen")
class SamePadding2D(layers.Layer):  # type: ignore[misc]
    """Padding with which a dilated window gives ceil(size / stride)."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int],
        dilation_rate: int | tuple[int, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        given = (kernel_size, strides, dilation_rate)
        pairs = [(n, n) if isinstance(n, int) else tuple(n) for n in given]
        self.kernel_size, self.strides, self.dilation_rate = pairs

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return ops.pad(x, ((0, 0), *self._widths(x.shape), (0, 0)))

    def _widths(self, shape: tuple[int, ...]) -> list[tuple[int, int]]:
        widths = []
        for axis in (0, 1):
            size, step = shape[axis + 1], self.strides[axis]
            reach = (self.kernel_size[axis] - 1) * self.dilation_rate[axis] + 1
            total = max((-(-size // step) - 1) * step + reach - size, 0)
            widths.append((total // 2, total - total // 2))
        return widths

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        batch, height, width, channels = input_shape
        rows, columns = self._widths(input_shape)
        return (batch, height + sum(rows), width + sum(columns), channels)

    def get_config(self) -> dict[str, Any]:
        own = {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "dilation_rate": self.dilation_rate,
        }
        return {**super().get_config(), **own}
