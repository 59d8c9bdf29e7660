"""The maximum of all channels."""

from torch import Tensor, nn


class ChannelMax(nn.Module):
    """The maximum of all channels at each position."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(1, keepdim=True)
