"""How weights start."""

import keras


def depthwise_scaling(
    scale: float, mode: str, distribution: str, multiplier: int = 1
) -> keras.Initializer:
    """A distribution of variance scale / fan for a depthwise kernel.

    Each filter sees one channel; Keras counts fans as if it saw all.
    """
    if mode == "fan_in":
        return keras.initializers.VarianceScaling(
            scale * multiplier, "fan_out", distribution
        )
    return keras.initializers.VarianceScaling(
        scale / multiplier, "fan_in", distribution
    )
