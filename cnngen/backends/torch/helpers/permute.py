"""The axes of a batch in another order."""

from torch import Tensor, nn


class Permute(nn.Module):
    """The axes in the given order, the first of which is that of the batch."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes)
