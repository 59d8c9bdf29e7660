"""Local response normalisation."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cnngen")
class LocalResponseNorm(layers.Layer):  # type: ignore[misc]
    """Local response normalisation across channels; alpha multiplies the plain sum."""

    def __init__(
        self, size: int, alpha: float, beta: float, k: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        channels = x.shape[-1]
        before, after = self.size // 2, (self.size - 1) // 2
        sides = ((0, 0),) * (len(x.shape) - 1)
        squares = ops.pad(ops.square(x), (*sides, (before, after)))
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / ops.power(self.k + self.alpha * total, self.beta)

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
        return {**super().get_config(), **own}
