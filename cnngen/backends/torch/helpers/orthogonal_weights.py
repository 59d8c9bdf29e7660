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


def orthogonal_weights(layer: _Weighted) -> _Weighted:
    """Orthonormal rows or columns; biases are zeros."""
    nn.init.orthogonal_(layer.weight)
    return zero_bias(layer)
