"""A norm with one of its two parameters."""

from typing import TypeVar

from torch import nn

_Affine = TypeVar(
    "_Affine", nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm
)


def without_scale(norm: _Affine) -> _Affine:
    """The norm with a shift alone."""
    norm.register_parameter("weight", None)
    return norm
