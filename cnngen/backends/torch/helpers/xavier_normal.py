"""How weights start."""

from typing import TypeVar

from torch import nn

from cnngen.backends.torch.helpers.zero_bias import zero_bias

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


def xavier_normal(layer: _Weighted) -> _Weighted:
    """A normal distribution of variance 2 / (fan_in + fan_out); biases are zeros."""
    nn.init.xavier_normal_(layer.weight)
    return zero_bias(layer)
