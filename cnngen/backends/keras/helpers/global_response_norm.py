"""Global response normalisation."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cnngen")
class GlobalResponseNorm(layers.Layer):  # type: ignore[misc]
    """Global response normalisation of ConvNeXt V2."""

    def __init__(self, epsilon: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int, ...]) -> None:
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(shape=shape, initializer="zeros", name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        positions = tuple(range(1, len(x.shape) - 1))
        squares = ops.sum(ops.square(x), axis=positions, keepdims=True)
        # The root has no slope at zero, where a channel is nothing but zeros.
        is_zero = squares == 0
        norms = ops.where(is_zero, 0.0, ops.sqrt(ops.where(is_zero, 1.0, squares)))
        share = norms / (ops.mean(norms, axis=-1, keepdims=True) + self.epsilon)
        return x * (1 + self.gamma * share) + self.beta

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
