"""An activation with many slopes."""

import torch
from torch import Tensor, nn


class CellPReLU(nn.Module):
    """A leaky ReLU with a learned slope for each cell of a map, channels first."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, 0.25))

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, self.weight * x)
