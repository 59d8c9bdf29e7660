"""How weights start."""

import keras


def torch_bias(
    channels: int, kernel_size: int | tuple[int, int] = 1
) -> keras.Initializer:
    """How PyTorch starts a bias: a uniform distribution up to 1 / sqrt(fan_in)."""
    if isinstance(kernel_size, int):
        kernel_size = (kernel_size, kernel_size)
    bound = (channels * kernel_size[0] * kernel_size[1]) ** -0.5
    return keras.initializers.RandomUniform(-bound, bound)
