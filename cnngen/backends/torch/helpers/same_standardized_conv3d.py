"""A convolution at a stride whose padding depends on the size of its input."""

from torch import Tensor

from cnngen.backends.torch.helpers.pad_same import pad_same
from cnngen.backends.torch.helpers.standardized_conv3d import StandardizedConv3d


class SameStandardizedConv3d(StandardizedConv3d):
    """Such a convolution that gives ceil(size / stride), whatever the size is."""

    def forward(self, input: Tensor) -> Tensor:
        padded = pad_same(input, self.kernel_size, self.stride, self.dilation)
        return super().forward(padded)
