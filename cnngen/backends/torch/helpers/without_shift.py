"""A norm with one of its two parameters."""

from typing import TypeVar

from torch import nn

_Affine = TypeVar(
    "_Affine", nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm
)


def without_shift(norm: _Affine) -> _Affine:
    """The norm with a scale alone."""
    norm.register_parameter("bias", None)
    return norm
