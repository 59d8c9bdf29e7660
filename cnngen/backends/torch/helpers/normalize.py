"""Inputs as they are prepared."""

from collections.abc import Sequence

from torch import Tensor, nn


class Normalize(nn.Module):
    """(x - mean) / std for each channel: constants, of the input's type and device."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.mean = tuple(mean)
        self.std = tuple(std)

    def forward(self, x: Tensor) -> Tensor:
        mean, std = x.new_tensor(self.mean), x.new_tensor(self.std)
        return ((x.movedim(1, -1) - mean) / std).movedim(-1, 1)
