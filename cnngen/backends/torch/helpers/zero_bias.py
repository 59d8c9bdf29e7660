"""How weights start."""

from typing import TypeVar

from torch import nn

_Weighted = TypeVar(
    "_Weighted",
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
    nn.Linear,
)


def zero_bias(layer: _Weighted) -> _Weighted:
    """The layer with biases of zeros, where it has any."""
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
