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


def truncated_normal(layer: _Weighted, std: float) -> _Weighted:
    """A normal distribution, cut off at two deviations; biases are zeros."""
    nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std)
    return zero_bias(layer)
