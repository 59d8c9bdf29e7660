"""Layer normalisation over channels."""

from torch import Tensor, nn


class LayerNorm3d(nn.LayerNorm):
    """Layer normalisation over the channels of each position of an NCDHW map."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)
