"""How weights start."""

import math

import keras


def torch_bias(
    channels: int, kernel_size: int | tuple[int, ...] = 1, axes: int = 2
) -> keras.Initializer:
    """How PyTorch starts a bias: a uniform distribution up to 1 / sqrt(fan_in)."""
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size,) * axes
    bound = (channels * math.prod(kernel_size)) ** -0.5
    return keras.initializers.RandomUniform(-bound, bound)
