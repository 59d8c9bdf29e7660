"""How weights start."""

from typing import TypeVar

from torch import nn

_Weighted = TypeVar("_Weighted", nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def zero_bias(layer: _Weighted) -> _Weighted:
    """The layer with biases of zeros, where it has any."""
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
