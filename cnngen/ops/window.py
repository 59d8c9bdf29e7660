"""Arithmetic of windows that slide over a map: padding and output sizes, one axis at a time.

Padding is worked out here once, for the shape rule, the reference and every target. ``same``
follows TensorFlow: the output is ceil(input / stride), and an odd pixel of padding goes after.
"""

from __future__ import annotations

from typing import Any

from cnngen.diagnostics import codes
from cnngen.expressions import Expression, Sizes, is_constant
from cnngen.ops.base import OpError
from cnngen.ops.kinds import Pair
from cnngen.ops.shapes import Map
from cnngen.record import NamedTuple


class Pads(NamedTuple):
    """Rows and columns added around a map."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def symmetric(self) -> bool:
        """Whether both sides of each axis get the same."""
        return self.top == self.bottom and self.left == self.right

    @property
    def any(self) -> bool:
        """Whether there is any padding."""
        return any(self)


def step(stride: Any) -> Expression | None:
    """A stride, as one number where height and width have the same; None where that is open."""
    if isinstance(stride, tuple) and is_constant(stride):
        number: Expression = stride[0] if stride[0] == stride[1] else stride
        return number
    return None if isinstance(stride, Sizes) else stride


def padded(x: Map, around: Pads) -> int:
    """The values of the map with its padding."""
    height = x.height + around.top + around.bottom
    return height * (x.width + around.left + around.right) * x.channels


def extent(kernel: int, dilation: int) -> int:
    """The cells that a dilated window spans."""
    return (kernel - 1) * dilation + 1


def same_pads(x: Map, kernel: Pair, stride: Pair, dilation: Pair) -> Pads:
    """The padding that ``pad=same`` means for this input."""
    top, bottom = _same(x.height, extent(kernel[0], dilation[0]), stride[0])
    left, right = _same(x.width, extent(kernel[1], dilation[1]), stride[1])
    return Pads(top, bottom, left, right)


def _same(size: int, span: int, stride: int) -> tuple[int, int]:
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def pads(x: Map, pad: Pair | str, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pads:
    """The padding that an op's ``pad`` means for this input."""
    if isinstance(pad, str):
        return same_pads(x, kernel, stride, dilation)
    return Pads(pad[0], pad[0], pad[1], pad[1])


def ceil_pads(x: Map, around: Pads, kernel: Pair, stride: Pair) -> Pads:
    """``around`` and, after it, what a last, partly outside window needs.

    A window that would start beyond the input and its first padding is not taken
    (torch.nn.MaxPool2d, ``ceil_mode``).
    """
    bottom = _ceil_extra(x.height, around.top, around.bottom, kernel[0], stride[0])
    right = _ceil_extra(x.width, around.left, around.right, kernel[1], stride[1])
    return around._replace(bottom=around.bottom + bottom, right=around.right + right)


def _ceil_extra(size: int, before: int, after: int, kernel: int, stride: int) -> int:
    count = -(-(size + before + after - kernel) // stride) + 1
    if (count - 1) * stride >= size + before:
        count -= 1
    return max((count - 1) * stride + kernel - (size + before + after), 0)


def slide(x: Map, around: Pads, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pair:
    """The output's height and width; OpError where the window does not fit."""
    height = x.height + around.top + around.bottom
    width = x.width + around.left + around.right
    tall, wide = extent(kernel[0], dilation[0]), extent(kernel[1], dilation[1])
    if tall > height or wide > width:
        _too_large(x, (height, width), kernel, (tall, wide))
    return (height - tall) // stride[0] + 1, (width - wide) // stride[1] + 1


def _too_large(x: Map, padded: Pair, kernel: Pair, spanned: Pair) -> None:
    window = f"the {kernel[0]}x{kernel[1]} window"
    if spanned != kernel:
        window += f", {spanned[0]}x{spanned[1]} with its dilation,"
    inside = f"its input {x.height}x{x.width}"
    if padded != (x.height, x.width):
        inside += f" ({padded[0]}x{padded[1]} with padding)"
    raise OpError(
        codes.WINDOW_TOO_LARGE,
        f"{window} is larger than {inside}",
        argument="kernel",
        hint="use a smaller window, `pad=same`, or fewer strides before this layer",
    )
