"""A linear layer at each position."""

from torch import Tensor, nn


class PointwiseLinear(nn.Linear):
    """A linear layer over the channels of each position of a map."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)
