"""Arithmetic of windows that slide over a map: padding and output sizes, one axis at a time.

Padding is worked out here once, for the shape rule, the reference and every target. ``same``
follows TensorFlow: the output is ceil(input / stride), and an odd pixel of padding goes after.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cnngen.diagnostics import codes
from cnngen.expressions import Expression, Sizes
from cnngen.ops.base import OpError
from cnngen.ops.kinds import PerAxis
from cnngen.ops.shapes import Map, by, product
from cnngen.record import NamedTuple

BORDERS = ("zeros", "reflect", "replicate")
"""What is put around a map: zeros, its mirror image without the edge, or the edge."""


AFTER = "cells after each axis, where they differ from those before it"


class Pads(NamedTuple):
    """Cells added around a map, before and after it on each axis."""

    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def symmetric(self) -> bool:
        """Whether both sides of each axis get the same."""
        return self.before == self.after

    @property
    def any(self) -> bool:
        """Whether there is any padding."""
        return any(self.before) or any(self.after)

    def around(self, sizes: PerAxis) -> PerAxis:
        """The sizes with the padding."""
        axes = zip(sizes, self.before, self.after, strict=True)
        return tuple(size + before + after for size, before, after in axes)


def check_padding(pad: PerAxis | str, after: PerAxis | None, mode: str | None) -> None:
    """OpError where ``pad=same`` stands beside what says how or where cells are put."""
    if pad != "same":
        return
    if after is not None:
        raise OpError(
            codes.CONFLICTING_ARGUMENTS,
            "`pad_after` has no meaning with `pad=same`, which says how many cells there are",
            argument="pad_after",
            hint="say how many there are before: `pad=0 pad_after=1`",
        )
    if mode not in (None, "zeros"):
        raise OpError(
            codes.CONFLICTING_ARGUMENTS,
            f"`pad=same` puts zeros around the map, which `pad_mode={mode}` excludes",
            argument="pad_mode",
            hint="say how many cells: `pad=1` keeps the size for a window of 3",
        )


def check_reflected(around: Pads, mode: str | None, x: Map) -> None:
    """OpError where ``pad_mode=reflect`` has too few cells to mirror."""
    if mode == "reflect":
        reflectable(x.sizes, around, "pad", "pad_after" if not around.symmetric else "pad")


def step(stride: Any) -> Expression:
    """A stride, as one number where all axes have the same."""
    parts = stride.parts if isinstance(stride, Sizes) else stride
    if type(parts) is tuple and all(part == parts[0] for part in parts):
        number: Expression = parts[0]
        return number
    made: Expression = stride
    return made


def padded(x: Map, around: Pads) -> int:
    """The values of the map with its padding."""
    return product(around.around(x.sizes)) * x.channels


def extent(kernel: int, dilation: int) -> int:
    """The cells that a dilated window spans."""
    return (kernel - 1) * dilation + 1


def spans(kernel: PerAxis, dilation: PerAxis | None) -> PerAxis:
    """The cells that a window spans on each axis."""
    if dilation is None:
        return kernel
    return tuple(extent(cells, apart) for cells, apart in zip(kernel, dilation, strict=True))


def same_pads(
    sizes: PerAxis, kernel: PerAxis, stride: PerAxis, dilation: PerAxis | None = None
) -> Pads:
    """The padding that ``pad=same`` means for a map of these sizes."""
    axes = zip(sizes, spans(kernel, dilation), stride, strict=True)
    totals = [max((-(-size // step) - 1) * step + span - size, 0) for size, span, step in axes]
    return Pads(tuple(n // 2 for n in totals), tuple(n - n // 2 for n in totals))


@lru_cache(maxsize=1024)
def pads(
    sizes: PerAxis,
    pad: PerAxis | str,
    kernel: PerAxis,
    stride: PerAxis,
    dilation: PerAxis | None = None,
    after: PerAxis | None = None,
) -> Pads:
    """The padding that an op's ``pad`` and ``pad_after`` mean for a map of these sizes."""
    if isinstance(pad, tuple):
        return Pads(pad, pad if after is None else after)
    return same_pads(sizes, kernel, stride, dilation)


def ceil_pads(sizes: PerAxis, around: Pads, kernel: PerAxis, stride: PerAxis) -> Pads:
    """``around`` and, after it, what a last, partly outside window needs.

    A window that would start beyond the input and its first padding is not taken
    (torch.nn.MaxPool2d, ``ceil_mode``).
    """
    axes = zip(sizes, around.before, around.after, kernel, stride, strict=True)
    after = tuple(
        after + _ceil_extra(size, before, after, cells, step)
        for size, before, after, cells, step in axes
    )
    return Pads(around.before, after)


def _ceil_extra(size: int, before: int, after: int, kernel: int, stride: int) -> int:
    count = -(-(size + before + after - kernel) // stride) + 1
    if (count - 1) * stride >= size + before:
        count -= 1
    return max((count - 1) * stride + kernel - (size + before + after), 0)


@lru_cache(maxsize=1024)
def slide(
    sizes: PerAxis,
    around: Pads,
    kernel: PerAxis,
    stride: PerAxis,
    dilation: PerAxis | None = None,
) -> PerAxis:
    """The output's sizes; OpError where the window does not fit."""
    whole, reach = around.around(sizes), spans(kernel, dilation)
    if any(span > size for span, size in zip(reach, whole, strict=True)):
        _too_large(sizes, whole, kernel, reach)
    axes = zip(whole, reach, stride, strict=True)
    return tuple((size - span) // step + 1 for size, span, step in axes)


def _too_large(sizes: PerAxis, padded: PerAxis, kernel: PerAxis, spanned: PerAxis) -> None:
    window = f"the {by(kernel)} window"
    if spanned != kernel:
        window += f", {by(spanned)} with its dilation,"
    inside = f"its input {by(sizes)}"
    if padded != sizes:
        inside += f" ({by(padded)} with padding)"
    raise OpError(
        codes.WINDOW_TOO_LARGE,
        f"{window} is larger than {inside}",
        argument="kernel",
        hint="use a smaller window, `pad=same`, or fewer strides before this layer",
    )


def reflectable(sizes: PerAxis, around: Pads, before: str, after: str) -> None:
    """OpError where there are not enough cells to reflect: the edge itself is left out.

    ``before`` and ``after`` name the parameters that say how many there are on the two sides.
    """
    most = tuple(size - 1 for size in sizes)
    for name, cells in ((before, around.before), (after, around.after)):
        if any(own > least for own, least in zip(cells, most, strict=True)):
            mode = "pad_mode" if name.startswith("pad") else "mode"
            raise OpError(
                codes.PADDING_TOO_LARGE,
                f"{by(cells)} cells cannot be reflected from a map of {by(sizes)}: its edge "
                "itself is left out",
                argument=name,
                hint=f"at most {by(most)}, or `{mode}=replicate`",
            )
