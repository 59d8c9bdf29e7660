"""How weights start."""

import keras


def lecun_uniform(mode: str = "fan_in") -> keras.Initializer:
    """A uniform distribution of variance 1 / fan."""
    return keras.initializers.VarianceScaling(1.0, mode, "uniform")
