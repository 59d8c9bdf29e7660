"""Global response normalisation."""

import torch
from torch import Tensor, nn


class GlobalResponseNorm(nn.Module):
    """Global response normalisation of ConvNeXt V2."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        norms: Tensor = flat.norm(dim=2)
        share = norms / (norms.mean(1, keepdim=True) + self.eps)
        factor = 1 + self.gamma * share
        return (flat * factor.unsqueeze(2) + self.beta.unsqueeze(1)).view_as(x)
