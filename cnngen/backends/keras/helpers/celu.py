"""The CELU."""

import keras
from keras import ops


def celu(x: keras.KerasTensor, alpha: float) -> keras.KerasTensor:
    """The ELU with a slope of 1 at zero, whatever alpha is."""
    return alpha * ops.elu(x / alpha)
