"""A shortcut without weights."""

from torch import Tensor, nn
from torch.nn import functional


class Subsample(nn.Module):
    """Every stride-th position, with channels of zeros added (option A)."""

    def __init__(
        self, channels: int, stride: int | tuple[int, ...] = 1, axes: int = 2
    ) -> None:
        super().__init__()
        self.channels = channels
        strides = (stride,) * axes if isinstance(stride, int) else stride
        whole, kept = slice(None), [slice(None, None, step) for step in strides]
        self.kept = (whole, whole, *kept)

    def forward(self, x: Tensor) -> Tensor:
        x = x[self.kept]
        sides = (0, 0) * (len(self.kept) - 2)
        return functional.pad(x, (*sides, 0, self.channels - x.shape[1]))
