"""Noise that is added."""

import torch
from torch import Tensor, nn


class GaussianNoise(nn.Module):
    """In training, each value plus a normal number of this standard deviation."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
