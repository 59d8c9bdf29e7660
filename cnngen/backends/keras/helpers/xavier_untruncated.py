"""How weights start."""

import keras


def xavier_untruncated() -> keras.Initializer:
    """A normal distribution of variance 2 / (fan_in + fan_out), not truncated."""
    return keras.initializers.VarianceScaling(1.0, "fan_avg", "untruncated_normal")
