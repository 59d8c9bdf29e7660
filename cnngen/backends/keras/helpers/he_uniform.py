"""How weights start."""

import keras


def he_uniform(mode: str = "fan_in") -> keras.Initializer:
    """A uniform distribution of variance 2 / fan."""
    return keras.initializers.VarianceScaling(2.0, mode, "uniform")
