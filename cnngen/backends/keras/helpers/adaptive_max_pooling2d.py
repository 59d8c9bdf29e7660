"""Adaptive maximum pooling for sides of 1."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cnngen")
class AdaptiveMaxPooling2D(layers.Layer):  # type: ignore[misc]
    """The maxima over as many windows as the output has cells, for sides of 1 too."""

    def __init__(self, output_size: int | tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(output_size, int):
            output_size = (output_size, output_size)
        self.output_size = tuple(output_size)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        rows, columns = self.output_size
        x = ops.concatenate(
            [
                ops.max(x[:, start:stop], axis=1, keepdims=True)
                for start, stop in self._windows(x.shape[1], rows)
            ],
            axis=1,
        )
        return ops.concatenate(
            [
                ops.max(x[:, :, start:stop], axis=2, keepdims=True)
                for start, stop in self._windows(x.shape[2], columns)
            ],
            axis=2,
        )

    def _windows(self, size: int, count: int) -> list[tuple[int, int]]:
        return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (input_shape[0], *self.output_size, input_shape[3])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size}
