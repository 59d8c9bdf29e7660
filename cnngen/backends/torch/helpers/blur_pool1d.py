"""Pooling without aliasing."""

from torch import Tensor, nn
from torch.nn import functional

from cnngen.backends.torch.helpers.binomial import binomial


class BlurPool1d(nn.Module):
    """A binomial blur of each channel, of which every stride-th position is kept."""

    window: Tensor

    def __init__(
        self,
        channels: int,
        kernel_size: int,
        stride: int,
    ) -> None:
        super().__init__()
        sizes = (kernel_size,)
        self.stride = stride
        ends = [((size - 1) // 2, size // 2) for size in reversed(sizes)]
        self.padding = [end for both in ends for end in both]
        window = binomial(sizes).repeat(channels, 1, 1)
        self.register_buffer("window", window, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.pad(x, self.padding, mode="reflect")
        channels = self.window.shape[0]
        return functional.conv1d(x, self.window, stride=self.stride, groups=channels)
