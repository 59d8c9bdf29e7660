"""Convolutions: plain, depthwise, transposed."""

from __future__ import annotations

import math

from cnngen.diagnostics import codes
from cnngen.expressions import Expression, operation
from cnngen.ops import kinds
from cnngen.ops.base import Axis, Op, OpError, Weight, divisors, need_map, op, param
from cnngen.ops.initial import DEFAULT, Initial
from cnngen.ops.kinds import Pair
from cnngen.ops.shapes import Map, Shape
from cnngen.ops.window import Pads, padded, pads, slide, step

BIAS = "whether a bias is added; `auto`: unless a batch norm follows directly"
INIT = "how the weights start; `he(uniform)`, `he(fan_out)`, `truncated_normal(0.02)` say more"


@op("conv")
class Conv(Op):
    """Convolution (cross-correlation) over height and width.

    HxWxC -> H'xW'xchannels with H' = floor((H + 2 pad - dilation (kernel - 1) - 1) / stride) + 1;
    with `pad=same`, H' = ceil(H / stride). With `groups`, each group of output channels sees
    only its own group of input channels (Krizhevsky et al., 2012, section 3.5).
    """

    output_parameter = "channels"
    moves_window = True
    keeps_output = False
    channels: int = param("filters, the output channels", kinds.whole(), positional=True)
    kernel: Pair = param("height x width of the window", kinds.pair(), positional=True)
    stride: Pair = param("step between windows", kinds.pair(), (1, 1))
    pad: Pair | str = param("zeros on each side", kinds.pair(0, "same"), (0, 0))
    dilation: Pair = param("distance between the cells of a window", kinds.pair(), (1, 1))
    groups: int = param("groups of channels that do not see each other", kinds.whole(), 1)
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    def pads(self, x: Map) -> Pads:
        """The zeros around input ``x``."""
        return pads(x, self.pad, self.kernel, self.stride, self.dilation)

    def out_sizes(self, sizes: Pair) -> Pair:
        x = Map(*sizes, 1)
        return slide(x, self.pads(x), self.kernel, self.stride, self.dilation)

    @property
    def shrinks_by(self) -> Expression | None:
        return step(self.stride)

    def padded(self, x: Shape) -> int:
        return padded(x, self.pads(x)) if isinstance(x, Map) else x.elements

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        _groups_divide(self.groups, x.channels, self.channels)
        return Map(*self.out_sizes(x[:2]), self.channels)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        kernel = (
            Axis("out", self.channels),
            Axis("in", x.channels // self.groups),
            Axis("height", self.kernel[0]),
            Axis("width", self.kernel[1]),
        )
        return (Weight("kernel", kernel), *_bias(self.bias, self.channels))

    def macs(self, x: Shape, y: Shape) -> int:
        window = self.kernel[0] * self.kernel[1] * (x.channels // self.groups)
        return y.elements * window


@op("depthwise_conv", stem="conv")
class DepthwiseConv(Op):
    """Depthwise convolution: each input channel has filters of its own.

    HxWxC -> H'xW'x(C multiplier), sizes as for `conv`. Output channel c * multiplier + m is
    filter m of input channel c (Howard et al., 2017, section 3.1).
    """

    moves_window = True
    keeps_output = False
    kernel: Pair = param("height x width of the window", kinds.pair(), positional=True)
    stride: Pair = param("step between windows", kinds.pair(), (1, 1))
    pad: Pair | str = param("zeros on each side", kinds.pair(0, "same"), (0, 0))
    dilation: Pair = param("distance between the cells of a window", kinds.pair(), (1, 1))
    multiplier: int = param("filters for each input channel", kinds.whole(), 1)
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    def pads(self, x: Map) -> Pads:
        """The zeros around input ``x``."""
        return pads(x, self.pad, self.kernel, self.stride, self.dilation)

    def out_channels(self, channels: Expression) -> Expression:
        return operation("*", channels, self.multiplier)

    def out_sizes(self, sizes: Pair) -> Pair:
        x = Map(*sizes, 1)
        return slide(x, self.pads(x), self.kernel, self.stride, self.dilation)

    @property
    def shrinks_by(self) -> Expression | None:
        return step(self.stride)

    def padded(self, x: Shape) -> int:
        return padded(x, self.pads(x)) if isinstance(x, Map) else x.elements

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        return Map(*self.out_sizes(x[:2]), x.channels * self.multiplier)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        kernel = (
            Axis("channels", x.channels),
            Axis("multiplier", self.multiplier),
            Axis("height", self.kernel[0]),
            Axis("width", self.kernel[1]),
        )
        return (Weight("kernel", kernel), *_bias(self.bias, x.channels * self.multiplier))

    def macs(self, x: Shape, y: Shape) -> int:
        return y.elements * self.kernel[0] * self.kernel[1]


@op("conv_transpose", stem="conv")
class ConvTranspose(Op):
    """Transposed convolution, which enlarges: the gradient of `conv` as a layer.

    HxWxC -> H'xW'xchannels with H' = (H - 1) stride - 2 pad + kernel + output_pad. `pad` cuts
    rows off the result, `output_pad` adds some after it (Dumoulin & Visin, 2016, chapter 4).
    """

    output_parameter = "channels"
    moves_window = True
    keeps_output = False
    channels: int = param("filters, the output channels", kinds.whole(), positional=True)
    kernel: Pair = param("height x width of the window", kinds.pair(), positional=True)
    stride: Pair = param("how many times larger the output is", kinds.pair(), (1, 1))
    pad: Pair = param("rows and columns cut off each side", kinds.pair(0), (0, 0))
    output_pad: Pair = param("rows and columns added after", kinds.pair(0), (0, 0))
    groups: int = param("groups of channels that do not see each other", kinds.whole(), 1)
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    def check(self) -> None:
        if self.output_pad[0] >= self.stride[0] or self.output_pad[1] >= self.stride[1]:
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                f"`output_pad` {_size(self.output_pad)} is not smaller than the stride "
                f"{_size(self.stride)}",
                argument="output_pad",
                hint="`output_pad` is smaller than `stride`, for height and for width",
            )

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        _groups_divide(self.groups, x.channels, self.channels)
        height, width = self.out_sizes(x[:2])
        if height < 1 or width < 1:
            raise OpError(
                codes.WINDOW_TOO_LARGE,
                f"`pad={_size(self.pad)}` cuts off more than there is: the output would be "
                f"{height}x{width}",
                argument="pad",
                hint="lower `pad`, or raise `stride` or the window",
            )
        return Map(height, width, self.channels)

    def out_sizes(self, sizes: Pair) -> Pair:
        return self._enlarged(sizes[0], 0), self._enlarged(sizes[1], 1)

    @property
    def shrinks_by(self) -> Expression | None:
        return None

    def _enlarged(self, size: int, axis: int) -> int:
        return self._reach(size, axis) - 2 * self.pad[axis] + self.output_pad[axis]

    def _reach(self, size: int, axis: int) -> int:
        """Rows or columns before any are cut off."""
        return (size - 1) * self.stride[axis] + self.kernel[axis]

    def padded(self, x: Shape) -> int:
        if not isinstance(x, Map):
            return x.elements
        return self._reach(x.height, 0) * self._reach(x.width, 1) * self.channels

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        kernel = (
            Axis("in", x.channels),
            Axis("out", self.channels // self.groups),
            Axis("height", self.kernel[0]),
            Axis("width", self.kernel[1]),
        )
        return (Weight("kernel", kernel), *_bias(self.bias, self.channels))

    def macs(self, x: Shape, y: Shape) -> int:
        window = self.kernel[0] * self.kernel[1] * (self.channels // self.groups)
        return x.elements * window


def _bias(bias: bool | str, channels: int) -> tuple[Weight, ...]:
    return (Weight("bias", (Axis("out", channels),)),) if bias else ()


def _size(value: Pair) -> str:
    return f"{value[0]}x{value[1]}"


def _groups_divide(groups: int, inputs: int, outputs: int) -> None:
    for channels, which in ((inputs, "input"), (outputs, "output")):
        if channels % groups:
            raise OpError(
                codes.GROUPS_DO_NOT_DIVIDE,
                f"{groups} groups do not divide the {channels} {which} channels",
                argument="groups",
                hint=_divisors(inputs, outputs),
            )


def _divisors(inputs: int, outputs: int) -> str:
    """Which numbers of groups there could be."""
    both = divisors(math.gcd(inputs, outputs))
    if both == [1]:
        return f"no number but 1 divides both {inputs} and {outputs}: leave out `groups`"
    return f"these divide both {inputs} and {outputs}: {', '.join(map(str, both[:8]))}"
