"""Dropout by factors that are normal numbers."""

import torch
from torch import Tensor, nn


class GaussianDropout(nn.Dropout):
    """In training, each value times a normal number with the variance of dropout."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return input
        deviation: float = (self.p / (1 - self.p)) ** 0.5
        return input * (1 + deviation * torch.randn_like(input))
