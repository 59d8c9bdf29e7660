"""Local response normalisation of maps with three axes."""

from torch import Tensor, nn


class LocalResponseNorm3d(nn.LocalResponseNorm):
    """One that takes maps however they lie in memory, as permuted ones."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.contiguous())
