"""Root mean square normalisation over channels."""

from torch import Tensor, nn


class RMSNorm2d(nn.RMSNorm):
    """Root mean square normalisation over the channels of each position of a map."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
