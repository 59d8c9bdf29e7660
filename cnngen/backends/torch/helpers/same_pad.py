"""Padding before a pool, which depends on the size of its input."""

from torch import Tensor, nn

from cnngen.backends.torch.helpers.pad_same import pad_same


class SamePad(nn.Module):
    """Padding with which a window gives ceil(size / stride)."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        dilation: int | tuple[int, ...] = 1,
        value: float = 0.0,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.dilation = dilation
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        window = (self.kernel_size, self.stride, self.dilation)
        return pad_same(x, *window, value=self.value)
