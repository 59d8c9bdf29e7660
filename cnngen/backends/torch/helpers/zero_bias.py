"""How weights start."""

from torch import nn

from cnngen.backends.torch.helpers.weighted import _Weighted


def zero_bias(layer: _Weighted) -> _Weighted:
    """The layer with biases of zeros, where it has any."""
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
