"""The mean of all channels."""

from torch import Tensor, nn


class ChannelMean(nn.Module):
    """The mean of all channels at each position."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1, keepdim=True)
