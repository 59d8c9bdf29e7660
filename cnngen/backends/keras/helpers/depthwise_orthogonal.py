"""How weights start."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("cnngen")
class DepthwiseOrthogonal(keras.initializers.Initializer):  # type: ignore[misc]
    """Orthonormal rows or columns of a depthwise kernel, as filters by window."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        *window, channels, multiplier = shape
        flat = (*window, channels * multiplier)
        drawn = keras.initializers.Orthogonal()(flat, dtype)
        return ops.reshape(drawn, shape)
