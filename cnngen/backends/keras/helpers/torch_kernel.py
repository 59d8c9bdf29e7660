"""How weights start."""

import keras


def torch_kernel() -> keras.Initializer:
    """How PyTorch starts a kernel: a uniform distribution up to 1 / sqrt(fan_in)."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
