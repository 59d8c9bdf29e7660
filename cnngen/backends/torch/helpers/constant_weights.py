"""How weights start."""

from torch import nn

from cnngen.backends.torch.helpers.weighted import _Weighted
from cnngen.backends.torch.helpers.zero_bias import zero_bias


def constant_weights(layer: _Weighted, value: float) -> _Weighted:
    """Weights of one value; biases are zeros."""
    nn.init.constant_(layer.weight, value)
    return zero_bias(layer)
