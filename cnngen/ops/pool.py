"""Pooling: windows that slide, the whole map, or as many windows as the output has cells."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.expressions import Expression
from cnngen.ops import kinds
from cnngen.ops.base import Op, OpError, need_map, op, param
from cnngen.ops.kinds import Pair
from cnngen.ops.shapes import Map, Shape
from cnngen.ops.window import Pads, ceil_pads, padded, pads, slide, step

KERNEL = "height x width of the window, or `global`: the whole map, giving 1x1xC"
ADAPTIVE = "in place of a window: the height x width of the output"
STRIDE = "step between windows; the window itself where not given"
CEIL = "whether a last window that is partly outside is taken"


class Pool(Op):
    """What maximum and average pooling share. Channels are untouched."""

    moves_window = True
    keeps_output = False
    kernel: Pair | str | None
    stride: Pair | None
    pad: Pair | str
    ceil: bool
    adaptive: Pair | None

    def check(self) -> None:
        if (self.kernel is None) == (self.adaptive is None):
            raise OpError(
                codes.MISSING_ARGUMENT if self.kernel is None else codes.CONFLICTING_ARGUMENTS,
                f"`{self.word}` takes a window, `global`, or `adaptive=HxW`"
                + ("" if self.kernel is None else ", not two of them"),
                argument="adaptive",
                hint=f"for example `{self.word} 2x2`, `{self.word} global`",
            )
        if self.output is not None:
            self._no_window_arguments()
        elif self.ceil and self.pad == "same":
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                "`ceil` has no meaning with `pad=same`, which fits the windows exactly",
                argument="ceil",
                hint="leave out one of the two",
            )
        elif isinstance(self.pad, tuple):
            self._pad_below_half()

    def _no_window_arguments(self) -> None:
        for name, given in (
            ("stride", self.stride),
            ("pad", self.pad != (0, 0)),
            ("ceil", self.ceil),
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
        kernel = self.window
        for axis in (0, 1):
            if self.pad[axis] > kernel[axis] // 2:  # type: ignore[operator]
                raise OpError(
                    codes.PADDING_TOO_LARGE,
                    f"`pad={self.pad[0]}x{self.pad[1]}` is more than half of the window "
                    f"{kernel[0]}x{kernel[1]}: some windows would lie wholly outside",
                    argument="pad",
                    hint=f"use at most {kernel[0] // 2}x{kernel[1] // 2}",
                )

    @property
    def output(self) -> Pair | None:
        """The output's size where it is set (`global`, `adaptive`), else None."""
        return (1, 1) if self.kernel == "global" else self.adaptive

    @property
    def window(self) -> Pair:
        """The sliding window."""
        assert isinstance(self.kernel, tuple)
        return self.kernel

    @property
    def step(self) -> Pair:
        """The stride: the window where none is given."""
        return self.stride or self.window

    def counted_pads(self, x: Map) -> Pads:
        """The padding that was asked for."""
        return pads(x, self.pad, self.window, self.step)

    def pads(self, x: Map) -> Pads:
        """The padding, and the rows that a last, partly outside window needs after it."""
        around = self.counted_pads(x)
        return ceil_pads(x, around, self.window, self.step) if self.ceil else around

    def out_sizes(self, sizes: Pair) -> Pair:
        if self.output is not None:
            return self.output
        x = Map(*sizes, 1)
        return slide(x, self.pads(x), self.window, self.step)

    @property
    def shrinks_by(self) -> Expression | None:
        return None if self.output is not None else step(self.step)

    def padded(self, x: Shape) -> int:
        if self.output is not None or not isinstance(x, Map):
            return x.elements
        return padded(x, self.pads(x))

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        return Map(*self.out_sizes(x[:2]), x.channels)


@op("maxpool", stem="pool")
class MaxPool(Pool):
    """The maximum over each window.

    HxWxC -> H'xW'xC, sizes as for `conv`. Padding never wins.
    """

    has_kink = True

    kernel: Pair | str | None = param(KERNEL, kinds.pair(1, "global"), None, positional=True)
    stride: Pair | None = param(STRIDE, kinds.pair(), None)
    pad: Pair | str = param("cells on each side", kinds.pair(0, "same"), (0, 0))
    ceil: bool = param(CEIL, kinds.switch(), False)
    adaptive: Pair | None = param(ADAPTIVE, kinds.pair(), None)


@op("avgpool", stem="pool")
class AvgPool(Pool):
    """The average over each window.

    HxWxC -> H'xW'xC, sizes as for `conv`. `adaptive=HxW` averages rows floor(i H / H') up to
    ceil((i + 1) H / H').
    """

    kernel: Pair | str | None = param(KERNEL, kinds.pair(1, "global"), None, positional=True)
    stride: Pair | None = param(STRIDE, kinds.pair(), None)
    pad: Pair | str = param("zeros on each side", kinds.pair(0, "same"), (0, 0))
    ceil: bool = param(CEIL, kinds.switch(), False)
    count_pad: bool = param("whether padding counts in the average", kinds.switch(), True)
    adaptive: Pair | None = param(ADAPTIVE, kinds.pair(), None)
