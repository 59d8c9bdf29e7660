"""A learned factor for each channel."""

import torch
from torch import Tensor, nn


class LayerScale(nn.Module):
    """Its input times a learned factor for each channel."""

    def __init__(self, channels: int, start: float) -> None:
        super().__init__()
        self.gamma = nn.Parameter(start * torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return (x.movedim(1, -1) * self.gamma).movedim(-1, 1)
