"""A constant that is added."""

from torch import Tensor, nn


class Offset(nn.Module):
    """Its input plus a constant."""

    def __init__(self, constant: float) -> None:
        super().__init__()
        self.constant = constant

    def forward(self, x: Tensor) -> Tensor:
        return x + self.constant
