"""How weights start."""

import math
from typing import TypeVar

from torch import nn

from cnngen.backends.torch.helpers.zero_bias import zero_bias

_Conv = TypeVar("_Conv", nn.Conv1d, nn.Conv2d, nn.Conv3d)


def keras_depthwise(layer: _Conv) -> _Conv:
    """As Keras starts a depthwise convolution: it counts the fans in another way."""
    multiplier = layer.out_channels // layer.in_channels
    cells = math.prod(layer.kernel_size)
    bound = (6 / (cells * (layer.in_channels + multiplier))) ** 0.5
    nn.init.uniform_(layer.weight, -bound, bound)
    return zero_bias(layer)
