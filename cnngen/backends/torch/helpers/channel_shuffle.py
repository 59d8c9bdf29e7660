"""The order of channels."""

import torch
from torch import Tensor, nn


class ChannelShuffle(nn.Module):
    """The first channel of each group, then the second of each, and so on."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        parted = torch.unflatten(x, 1, (self.groups, -1))
        return parted.transpose(1, 2).flatten(1, 2)
