"""Padding that depends on the size of its input."""

from torch import Tensor, fx
from torch.nn import functional


def pad_same(
    x: Tensor,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    value: float = 0.0,
) -> Tensor:
    """Pad so that a window gives ceil(size / stride); an odd cell goes after."""
    axes = x.dim() - 2
    given = (kernel_size, stride, dilation)
    windows = [(n,) * axes if isinstance(n, int) else n for n in given]
    sides: list[int] = []
    for size, cells, step, apart in zip(x.shape[2:], *windows, strict=True):
        total = max((-(-size // step) - 1) * step + (cells - 1) * apart + 1 - size, 0)
        sides = [total // 2, total - total // 2, *sides]  # the last axis comes first
    return functional.pad(x, sides, value=value)


fx.wrap("pad_same")  # tracing does not look into it
