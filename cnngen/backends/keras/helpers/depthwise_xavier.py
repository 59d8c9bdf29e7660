"""How weights start."""

import keras


def depthwise_xavier(
    channels: int, multiplier: int, distribution: str
) -> keras.Initializer:
    """A distribution of variance 2 / (fan_in + fan_out) for a depthwise kernel.

    Each filter sees one channel; Keras counts fans as if it saw all.
    """
    fans = 1 + channels * multiplier
    counted = channels + multiplier
    return keras.initializers.VarianceScaling(counted / fans, "fan_avg", distribution)
