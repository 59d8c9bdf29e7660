"""A transposed convolution whose output is stride times as large as its input."""

from torch import Tensor, nn
from torch.nn import functional


class SameConvTranspose3d(nn.ConvTranspose3d):
    """A transposed convolution that gives size x stride; an odd cell goes after."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        sides: list[int] = []
        more: list[int] = []
        windows = zip(self.kernel_size, self.stride, self.dilation, strict=True)
        for cells, step, apart in windows:
            span = apart * (cells - 1) + 1
            cut = max(span - step, 0)
            sides = [-(cut // 2), cut // 2 - cut, *sides]  # the last axis comes first
            more.append(max(step - span, 0))
        whole = functional.conv_transpose3d(
            input,
            self.weight,
            self.bias,
            self.stride,
            output_padding=more,
            groups=self.groups,
            dilation=self.dilation,
        )
        return functional.pad(whole, sides)
