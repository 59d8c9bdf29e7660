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


def constant_weights(layer: _Weighted, value: float) -> _Weighted:
    """Weights of one value; biases are zeros."""
    nn.init.constant_(layer.weight, value)
    return zero_bias(layer)
