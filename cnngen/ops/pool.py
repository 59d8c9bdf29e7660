"""Pooling: windows that slide, the whole map, or as many windows as the output has cells."""

from __future__ import annotations

import math

from cnngen.diagnostics import codes
from cnngen.expressions import Expression
from cnngen.ops import kinds
from cnngen.ops.base import Op, OpError, need_map, op, param
from cnngen.ops.kinds import PerAxis
from cnngen.ops.reads import Reads, reading
from cnngen.ops.shapes import Map, Shape, by
from cnngen.ops.window import (
    AFTER,
    BORDERS,
    Pads,
    ceil_pads,
    check_padding,
    check_reflected,
    padded,
    pads,
    slide,
    spans,
    step,
)

KERNEL = "size of the window, or `global`: the whole map, giving 1x1xC"
ADAPTIVE = "in place of a window: the size of the output"
STRIDE = "step between windows; the window itself where not given"
CEIL = "whether a last window that is partly outside is taken"


class Pool(Op):
    """What maximum and average pooling share. Channels are untouched."""

    moves_window = True
    keeps_output = False
    kernel: PerAxis | str | None
    stride: PerAxis | None
    pad: PerAxis | str
    pad_after: PerAxis | None
    pad_mode: str | None
    ceil: bool
    adaptive: PerAxis | None

    def check(self) -> None:
        if (self.kernel is None) == (self.adaptive is None):
            raise OpError(
                codes.MISSING_ARGUMENT if self.kernel is None else codes.CONFLICTING_ARGUMENTS,
                f"`{self.word}` takes a window, `global`, or `adaptive=HxW`"
                + ("" if self.kernel is None else ", not two of them"),
                argument="adaptive",
                hint=f"for example `{self.word} 2x2`, `{self.word} global`",
            )
        if self.has_output:
            self._no_window_arguments()
            return
        check_padding(self.pad, self.pad_after, self.pad_mode)
        if self.ceil and self.has_border:
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                "`ceil` stands with padding of zeros alone that is the same on both sides",
                argument="ceil",
                hint="leave it out; a larger `pad_after` takes in a last window",
            )
        if self.ceil and self.pad == "same":
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                "`ceil` has no meaning with `pad=same`, which fits the windows exactly",
                argument="ceil",
                hint="leave out one of the two",
            )
        if self.pad_mode not in (None, "zeros"):
            return  # of windows wholly outside, each cell is a copy of one inside
        if self.pad_after is not None:
            self._pad_below_window()
        elif isinstance(self.pad, tuple):
            self._pad_below_half()

    def _no_window_arguments(self) -> None:
        for name, given in (
            ("stride", self.stride),
            ("pad", self.pad == "same" or any(self.pad)),
            ("pad_after", self.pad_after is not None),
            ("pad_mode", self.pad_mode not in (None, "zeros")),
            ("ceil", self.ceil),
            ("dilation", any(apart > 1 for apart in self.apart or ())),
        ):
            if given:
                whole = "global" if self.kernel == "global" else "adaptive"
                raise OpError(
                    codes.CONFLICTING_ARGUMENTS,
                    f"`{name}` belongs to a sliding window and has no meaning with `{whole}`",
                    argument=name,
                    hint=f"leave out `{name}`",
                )

    def _pad_below_half(self) -> None:
        half = tuple(cells // 2 for cells in self.window)
        assert isinstance(self.pad, tuple)
        if any(pad > most for pad, most in zip(self.pad, half, strict=True)):
            raise OpError(
                codes.PADDING_TOO_LARGE,
                f"`pad={by(self.pad)}` is more than half of the window "
                f"{by(self.window)}: some windows would lie wholly outside",
                argument="pad",
                hint=f"use at most {by(half)}",
            )

    def _pad_below_window(self) -> None:
        for name, cells in (("pad", self.pad), ("pad_after", self.pad_after)):
            assert isinstance(cells, tuple)
            most = tuple(cells - 1 for cells in self.reach)
            if any(pad > least for pad, least in zip(cells, most, strict=True)):
                raise OpError(
                    codes.PADDING_TOO_LARGE,
                    f"`{name}={by(cells)}` is not smaller than the window {by(self.reach)}: "
                    "some windows would lie wholly outside",
                    argument=name,
                    hint=f"use at most {by(most)}",
                )

    @property
    def has_border(self) -> bool:
        """Whether there are other cells before the map than after it, or copies of its own."""
        is_filled = self.pad_mode in (None, "zeros") or self.pad == (0,) * len(self.pad)
        return self.pad_after is not None or not is_filled

    @property
    def has_output(self) -> bool:
        """Whether the output's sizes are set, by `global` or `adaptive`, in place of a window."""
        return self.kernel == "global" or self.adaptive is not None

    @property
    def window(self) -> PerAxis:
        """The sliding window."""
        assert isinstance(self.kernel, tuple)
        return self.kernel

    @property
    def step(self) -> PerAxis:
        """The stride: the window where none is given."""
        return self.stride or self.window

    @property
    def apart(self) -> PerAxis | None:
        """The distance between the cells of the window; None where they are neighbours."""
        return None

    @property
    def reach(self) -> PerAxis:
        """The cells that the window spans."""
        return spans(self.window, self.apart)

    def counted_pads(self, sizes: PerAxis) -> Pads:
        """The padding that was asked for."""
        window = (self.window, self.step, self.apart)
        return pads(sizes, self.pad, *window, after=self.pad_after)

    def pads(self, sizes: PerAxis) -> Pads:
        """The padding, and the cells that a last, partly outside window needs after it."""
        around = self.counted_pads(sizes)
        return ceil_pads(sizes, around, self.reach, self.step) if self.ceil else around

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        if self.kernel == "global":
            return (1,) * len(sizes)
        if self.adaptive is not None:
            return self.adaptive
        return slide(sizes, self.pads(sizes), self.window, self.step, self.apart)

    @property
    def shrinks_by(self) -> Expression | None:
        return None if self.has_output else step(self.step)

    def reads(self, x: Map) -> Reads | None:
        if self.kernel == "global":
            return None
        if self.adaptive is None:
            return reading(self.reach, self.step)
        axes = tuple(zip(x.sizes, self.adaptive, strict=True))
        return reading(tuple(_largest(*axis) for axis in axes), x.sizes, self.adaptive)

    def padded(self, x: Shape) -> int:
        if self.has_output or not isinstance(x, Map):
            return x.elements
        return padded(x, self.pads(x.sizes))

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        if not self.has_output:
            check_reflected(self.counted_pads(x.sizes), self.pad_mode, x)
        return Map(self.out_sizes(x.sizes), x.channels)


def _largest(size: int, windows: int) -> int:
    """The cells of the largest of the windows from floor(i n / m) to ceil((i + 1) n / m)."""
    return -(-(size - math.gcd(size, windows)) // windows) + 1


@op("maxpool", stem="pool")
class MaxPool(Pool):
    """The maximum over each window.

    HxWxC -> H'xW'xC, sizes as for `conv`. Padding never wins.
    """

    has_kink = True

    kernel: PerAxis | str | None = param(KERNEL, kinds.per_axis(1, "global"), None, positional=True)
    stride: PerAxis | None = param(STRIDE, kinds.per_axis(), None)
    pad: PerAxis | str = param("cells on each side", kinds.per_axis(0, "same"), (0, 0))
    pad_after: PerAxis | None = param(AFTER, kinds.per_axis(0), None)
    pad_mode: str | None = param(
        "what is in them, in place of what never wins", kinds.word(*BORDERS[1:]), None
    )
    dilation: PerAxis = param("distance between the cells of a window", kinds.per_axis(), (1, 1))
    ceil: bool = param(CEIL, kinds.switch(), False)
    adaptive: PerAxis | None = param(ADAPTIVE, kinds.per_axis(), None)

    @property
    def apart(self) -> PerAxis | None:
        return self.dilation


@op("avgpool", stem="pool")
class AvgPool(Pool):
    """The average over each window.

    HxWxC -> H'xW'xC, sizes as for `conv`. `adaptive=HxW` averages rows floor(i H / H') up to
    ceil((i + 1) H / H').
    """

    kernel: PerAxis | str | None = param(KERNEL, kinds.per_axis(1, "global"), None, positional=True)
    stride: PerAxis | None = param(STRIDE, kinds.per_axis(), None)
    pad: PerAxis | str = param("cells on each side", kinds.per_axis(0, "same"), (0, 0))
    pad_after: PerAxis | None = param(AFTER, kinds.per_axis(0), None)
    pad_mode: str = param("what is in them", kinds.word(*BORDERS), "zeros")
    ceil: bool = param(CEIL, kinds.switch(), False)
    count_pad: bool = param("whether padding counts in the average", kinds.switch(), True)
    adaptive: PerAxis | None = param(ADAPTIVE, kinds.per_axis(), None)

    def check(self) -> None:
        super().check()
        if self.has_border and self.count_pad is False:
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                "`count_pad=false` stands with padding of zeros alone that is the same on both "
                "sides",
                argument="count_pad",
                hint="leave it out, or write `pad=same`",
            )


WIDEST_BLUR = 27
"""The binomials of a wider window are no exact numbers of float32."""


@op("blurpool", stem="pool")
class BlurPool(Op):
    """A blur, of which every stride-th position is kept (Zhang, 2019, section 3).

    HxWxC -> ceil(H / stride)xW'xC. The window weighs its k cells on an axis by the binomials
    (k - 1 over i) / 2^(k - 1): 1 2 1 by 4, or 1 4 6 4 1 by 16. Around the map are (k - 1) // 2
    cells before and k // 2 after, which mirror it without its edge.
    """

    moves_window = True
    keeps_output = False
    kernel: PerAxis = param(
        "size of the window", kinds.per_axis(maximum=WIDEST_BLUR), (3, 3), positional=True
    )
    stride: PerAxis = param("step between windows", kinds.per_axis(), (2, 2))

    @property
    def pads(self) -> Pads:
        """The cells around a map."""
        before = tuple((cells - 1) // 2 for cells in self.kernel)
        return Pads(before, tuple(cells // 2 for cells in self.kernel))

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return slide(sizes, self.pads, self.kernel, self.stride)

    @property
    def shrinks_by(self) -> Expression | None:
        return step(self.stride)

    def reads(self, x: Map) -> Reads:
        return reading(self.kernel, self.stride)

    def padded(self, x: Shape) -> int:
        return padded(x, self.pads) if isinstance(x, Map) else x.elements

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        most = tuple(min(2 * size - 1, WIDEST_BLUR) for size in x.sizes)
        if any(cells > least for cells, least in zip(self.kernel, most, strict=True)):
            raise OpError(
                codes.PADDING_TOO_LARGE,
                f"a map of {by(x.sizes)} has too few cells to reflect for a window of "
                f"{by(self.kernel)}",
                argument="kernel",
                hint=f"use a window of at most {by(most)}",
            )
        return Map(self.out_sizes(x.sizes), x.channels)
