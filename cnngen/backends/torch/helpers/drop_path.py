"""Stochastic depth."""

from torch import Tensor, nn
from torch.nn import functional


class DropPath(nn.Dropout):
    """Stochastic depth: in training, whole inputs of a batch are dropped."""

    def forward(self, input: Tensor) -> Tensor:
        kept = functional.dropout(input.new_ones(input.shape[0]), self.p, self.training)
        return (input.movedim(0, -1) * kept).movedim(-1, 0)
