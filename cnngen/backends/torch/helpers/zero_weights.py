"""How weights start."""

from torch import nn

from cnngen.backends.torch.helpers.weighted import _Weighted
from cnngen.backends.torch.helpers.zero_bias import zero_bias


def zero_weights(layer: _Weighted) -> _Weighted:
    """Weights and biases of zeros."""
    nn.init.zeros_(layer.weight)
    return zero_bias(layer)
