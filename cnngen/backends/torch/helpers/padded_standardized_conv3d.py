"""A convolution that is padded otherwise before a map than after it."""

from typing import Any

from torch import Tensor
from torch.nn import functional

from cnngen.backends.torch.helpers.standardized_conv3d import StandardizedConv3d


class PaddedStandardizedConv3d(StandardizedConv3d):
    """Such a convolution of a map with cells at its sides, as `border` says."""

    def __init__(
        self,
        *sizes: Any,
        sides: tuple[int, ...],
        border: str = "constant",
        **options: Any,
    ) -> None:
        super().__init__(*sizes, **options)
        self.sides = sides
        self.border = border

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(functional.pad(input, self.sides, self.border))
