"""The inside of a map."""

from torch import Tensor, nn
from torch.nn import functional

from cnngen.backends.torch.helpers.sides import sides


class Crop(nn.Module):
    """A map without the cells at its sides."""

    def __init__(
        self,
        cells: int | tuple[int, ...],
        after: int | tuple[int, ...] | None = None,
        axes: int = 2,
    ) -> None:
        super().__init__()
        self.padding = [-cut for cut in sides(axes, cells, after)]

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x, self.padding)
