"""Layer normalisation over channels."""

from torch import Tensor, nn


class LayerNorm1d(nn.LayerNorm):
    """Layer normalisation over the channels of each position of an NCL map."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)
