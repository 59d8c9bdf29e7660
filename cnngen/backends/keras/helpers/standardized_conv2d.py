"""A convolution with standardised weights."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cnngen")
class StandardizedConv2D(layers.Conv2D):  # type: ignore[misc]
    """A convolution whose filters have a mean of 0 and a variance of 1."""

    def __init__(self, *args: Any, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.epsilon = epsilon

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        centred = kernel - ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
        variance = ops.mean(ops.square(centred), axis=(0, 1, 2), keepdims=True)
        kernel = centred / ops.sqrt(variance + self.epsilon)
        return super().convolution_op(inputs, kernel)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
