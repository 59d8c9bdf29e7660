"""Padding that depends on the size of its input."""

from torch import Tensor, fx
from torch.nn import functional


def pad_same(
    x: Tensor,
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...] = (1, 1),
    value: float = 0.0,
) -> Tensor:
    """Pad so that a window gives ceil(size / stride); an odd pixel goes after."""
    sides: list[int] = []
    for axis in (1, 0):
        size, step = x.shape[axis + 2], stride[axis]
        reach = (kernel_size[axis] - 1) * dilation[axis] + 1
        total = max((-(-size // step) - 1) * step + reach - size, 0)
        sides += [total // 2, total - total // 2]
    return functional.pad(x, sides, value=value)


fx.wrap("pad_same")  # tracing does not look into it
