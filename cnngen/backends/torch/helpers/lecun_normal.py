"""How weights start."""

from typing import Literal

from torch import nn

from cnngen.backends.torch.helpers.weighted import _Weighted
from cnngen.backends.torch.helpers.zero_bias import zero_bias

_Fan = Literal["fan_in", "fan_out"]


def lecun_normal(layer: _Weighted, mode: _Fan = "fan_in") -> _Weighted:
    """A normal distribution of variance 1 / fan; biases are zeros."""
    nn.init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="linear")
    return zero_bias(layer)
