"""How weights start."""

from torch import nn

from cnngen.backends.torch.helpers.weighted import _Weighted
from cnngen.backends.torch.helpers.zero_bias import zero_bias


def truncated_normal(layer: _Weighted, std: float) -> _Weighted:
    """A normal distribution, cut off at two deviations; biases are zeros."""
    nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std)
    return zero_bias(layer)
