"""Padding before a pool, which depends on the size of its input."""

from torch import Tensor, nn

from cnngen.backends.torch.helpers.pad_same import pad_same


class SamePad2d(nn.Module):
    """Padding with which a window gives ceil(size / stride)."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int],
        value: float = 0.0,
    ) -> None:
        super().__init__()
        self.kernel_size = (
            (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        )
        self.stride = (stride, stride) if isinstance(stride, int) else stride
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return pad_same(x, self.kernel_size, self.stride, value=self.value)
