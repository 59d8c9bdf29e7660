"""Padding before a pool, which depends on the size of its input."""

from torch import Tensor, nn

from cnngen.backends.torch.helpers.pad_same import pad_same


class SamePad(nn.Module):
    """Padding with which a window gives ceil(size / stride)."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        value: float = 0.0,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return pad_same(x, self.kernel_size, self.stride, value=self.value)
