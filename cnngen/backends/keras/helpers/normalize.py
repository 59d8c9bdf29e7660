"""Inputs as they are prepared."""

from collections.abc import Sequence

import keras
from keras import ops


def normalize(
    x: keras.KerasTensor, mean: Sequence[float], std: Sequence[float]
) -> keras.KerasTensor:
    """(x - mean) / std for each channel: constants, of the input's type."""
    mean, std = (ops.convert_to_tensor(list(n), x.dtype) for n in (mean, std))
    return (x - mean) / std
