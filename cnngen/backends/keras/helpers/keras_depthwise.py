"""How weights start."""

import keras


def keras_depthwise(channels: int, multiplier: int) -> keras.Initializer:
    """How Keras starts a depthwise kernel, for one of a convolution in groups.

    The variance is 2 / (fan_in + fan_out), with the fans that Keras counts for a
    depthwise one.
    """
    fans = channels + multiplier
    counted = 1 + channels * multiplier
    return keras.initializers.VarianceScaling(counted / fans, "fan_avg", "uniform")
