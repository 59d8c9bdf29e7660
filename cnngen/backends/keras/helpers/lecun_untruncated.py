"""How weights start."""

import keras


def lecun_untruncated(mode: str = "fan_in") -> keras.Initializer:
    """A normal distribution of variance 1 / fan, not truncated."""
    return keras.initializers.VarianceScaling(1.0, mode, "untruncated_normal")
