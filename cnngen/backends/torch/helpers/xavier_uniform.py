"""How weights start."""

from torch import nn

from cnngen.backends.torch.helpers.weighted import _Weighted
from cnngen.backends.torch.helpers.zero_bias import zero_bias


def xavier_uniform(layer: _Weighted) -> _Weighted:
    """A uniform distribution of variance 2 / (fan_in + fan_out); biases are zeros."""
    nn.init.xavier_uniform_(layer.weight)
    return zero_bias(layer)
