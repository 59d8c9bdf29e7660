"""Average pooling whose padding depends on the size of its input."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnngen.backends.torch.helpers.pad_same import pad_same


class SameAvgPool2d(nn.Module):
    """Average pooling that gives ceil(size / stride), whatever the size is."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int],
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = (
            (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        )
        self.stride = (stride, stride) if isinstance(stride, int) else stride
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        if self.count_include_pad:
            return self._average(x)
        return self._average(x) / self._average(torch.ones_like(x[:1, :1]))

    def _average(self, x: Tensor) -> Tensor:
        padded = pad_same(x, self.kernel_size, self.stride)
        return functional.avg_pool2d(padded, self.kernel_size, self.stride)
