"""How weights start."""

import keras


def he_untruncated(mode: str = "fan_in") -> keras.Initializer:
    """A normal distribution of variance 2 / fan, not truncated."""
    return keras.initializers.VarianceScaling(2.0, mode, "untruncated_normal")
