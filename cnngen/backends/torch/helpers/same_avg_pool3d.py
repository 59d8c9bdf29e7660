"""Average pooling whose padding depends on the size of its input."""

import torch
from torch import Tensor, nn

from cnngen.backends.torch.helpers.pad_same import pad_same


class SameAvgPool3d(nn.AvgPool3d):
    """Average pooling that gives ceil(size / stride), whatever the size is."""

    def forward(self, input: Tensor) -> Tensor:
        average = super().forward
        total = average(pad_same(input, self.kernel_size, self.stride))
        if self.count_include_pad:
            return total
        ones = torch.ones_like(input[:1, :1])
        return total / average(pad_same(ones, self.kernel_size, self.stride))
