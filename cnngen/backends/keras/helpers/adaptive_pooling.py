"""Adaptive pooling where Keras has no layer for it, or one that is wrong."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cnngen")
class AdaptivePooling(layers.Layer):  # type: ignore[misc]
    """The maxima, or averages, of as many windows as the output has cells."""

    def __init__(
        self, output_size: int | tuple[int, ...], reduction: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.output_size = output_size
        self.reduction = reduction

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        reduce = {"max": ops.max, "mean": ops.mean}[self.reduction]
        for axis, count in enumerate(self._counts(x.shape), 1):
            size = x.shape[axis]
            windows = [
                (i * size // count, -(-(i + 1) * size // count)) for i in range(count)
            ]
            parts = [
                reduce(
                    ops.take(x, range(start, stop), axis=axis), axis=axis, keepdims=True
                )
                for start, stop in windows
            ]
            x = ops.concatenate(parts, axis=axis)
        return x

    def _counts(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if isinstance(self.output_size, int):
            return (self.output_size,) * (len(shape) - 2)
        return tuple(self.output_size)

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (input_shape[0], *self._counts(input_shape), input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        own = {"output_size": self.output_size, "reduction": self.reduction}
        return {**super().get_config(), **own}
