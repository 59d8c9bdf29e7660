"""A convolution that is padded otherwise before a map than after it."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class PaddedConv1d(nn.Conv1d):
    """A convolution of a map with cells at its sides: zeros, or what `border` says."""

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
