"""How weights start."""

from torch import nn

from cnngen.backends.torch.helpers.weighted import _Weighted
from cnngen.backends.torch.helpers.zero_bias import zero_bias


def orthogonal_weights(layer: _Weighted) -> _Weighted:
    """Orthonormal rows or columns; biases are zeros."""
    nn.init.orthogonal_(layer.weight)
    return zero_bias(layer)
