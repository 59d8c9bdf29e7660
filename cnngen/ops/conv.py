"""Convolutions: plain, depthwise, separable, transposed."""

from __future__ import annotations

import math
from functools import lru_cache

from cnngen.diagnostics import codes
from cnngen.expressions import Expression, operation
from cnngen.ops import kinds
from cnngen.ops.base import (
    Axis,
    Op,
    OpError,
    Weight,
    divisors,
    need_map,
    op,
    param,
    window_axes,
)
from cnngen.ops.initial import DEFAULT, Initial
from cnngen.ops.kinds import PerAxis
from cnngen.ops.reads import Reads, reading
from cnngen.ops.shapes import Map, Shape, by, product
from cnngen.ops.window import (
    AFTER,
    BORDERS,
    Pads,
    check_padding,
    check_reflected,
    padded,
    pads,
    slide,
    spans,
    step,
)

BIAS = "whether a bias is added; `auto`: unless a batch norm follows directly"
PAD_MODE = "what `pad` puts there; `reflect` mirrors the map without its edge"
INIT = "how the weights start; `he(uniform)`, `he(fan_out)`, `truncated_normal(0.02)` say more"


@op("conv")
class Conv(Op):
    """Convolution (cross-correlation) over the positions of a map, along one to three axes.

    HxWxC -> H'xW'xchannels with H' = floor((H + 2 pad - dilation (kernel - 1) - 1) / stride) + 1;
    with `pad=same`, H' = ceil(H / stride). With `groups`, each group of output channels sees
    only its own group of input channels (Krizhevsky et al., 2012, section 3.5).
    """

    output_parameter = "channels"
    moves_window = True
    keeps_output = False
    is_linear = True
    channels: int = param("filters, the output channels", kinds.whole(), positional=True)
    kernel: PerAxis = param("size of the window", kinds.per_axis(), positional=True)
    stride: PerAxis = param("step between windows", kinds.per_axis(), (1, 1))
    pad: PerAxis | str = param("cells on each side", kinds.per_axis(0, "same"), (0, 0))
    pad_after: PerAxis | None = param(AFTER, kinds.per_axis(0), None)
    pad_mode: str = param(PAD_MODE, kinds.word(*BORDERS), "zeros")
    dilation: PerAxis = param("distance between the cells of a window", kinds.per_axis(), (1, 1))
    groups: int = param("groups of channels that do not see each other", kinds.whole(), 1)
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    def check(self) -> None:
        check_padding(self.pad, self.pad_after, self.pad_mode)

    def pads(self, sizes: PerAxis) -> Pads:
        """The cells around a map of these sizes."""
        return pads(sizes, self.pad, self.kernel, self.stride, self.dilation, self.pad_after)

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return slide(sizes, self.pads(sizes), self.kernel, self.stride, self.dilation)

    @property
    def shrinks_by(self) -> Expression | None:
        return step(self.stride)

    def reads(self, x: Map) -> Reads:
        return reading(spans(self.kernel, self.dilation), self.stride)

    def padded(self, x: Shape) -> int:
        return padded(x, self.pads(x.sizes)) if isinstance(x, Map) else x.elements

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        _groups_divide(self.groups, x.channels, self.channels)
        check_reflected(self.pads(x.sizes), self.pad_mode, x)
        return Map(self.out_sizes(x.sizes), self.channels)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        inputs = x.channels // self.groups
        return _kernel_and_bias(inputs, self.channels, self.kernel, self.bias)

    def macs(self, x: Shape, y: Shape) -> int:
        window = product(self.kernel) * (x.channels // self.groups)
        return y.elements * window


@op("ws_conv", stem="conv")
class StandardizedConv(Conv):
    """Convolution with standardised weights (Qiao et al., 2019, equations 5 to 7).

    HxWxC -> H'xW'xchannels, as `conv`. Each filter w is (w - m) / sqrt(v + eps) when it is
    applied, where m and v are the mean and the variance of its weights. What is learned is w.
    """

    eps: float = param("added to the variance of a filter", kinds.real(0, open_end=True), 1e-5)

    def values_per_mean(self, x: Shape) -> int:
        return product(self.kernel) * (x.channels // self.groups)


@op("depthwise_conv", stem="conv")
class DepthwiseConv(Op):
    """Depthwise convolution: each input channel has filters of its own.

    HxWxC -> H'xW'x(C multiplier), sizes as for `conv`. Output channel c * multiplier + m is
    filter m of input channel c (Howard et al., 2017, section 3.1).
    """

    moves_window = True
    keeps_output = False
    is_linear = True
    kernel: PerAxis = param("size of the window", kinds.per_axis(), positional=True)
    stride: PerAxis = param("step between windows", kinds.per_axis(), (1, 1))
    pad: PerAxis | str = param("cells on each side", kinds.per_axis(0, "same"), (0, 0))
    pad_after: PerAxis | None = param(AFTER, kinds.per_axis(0), None)
    pad_mode: str = param(PAD_MODE, kinds.word(*BORDERS), "zeros")
    dilation: PerAxis = param("distance between the cells of a window", kinds.per_axis(), (1, 1))
    multiplier: int = param("filters for each input channel", kinds.whole(), 1)
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    def check(self) -> None:
        check_padding(self.pad, self.pad_after, self.pad_mode)

    def pads(self, sizes: PerAxis) -> Pads:
        """The cells around a map of these sizes."""
        return pads(sizes, self.pad, self.kernel, self.stride, self.dilation, self.pad_after)

    def out_channels(self, channels: Expression) -> Expression:
        return operation("*", channels, self.multiplier)

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return slide(sizes, self.pads(sizes), self.kernel, self.stride, self.dilation)

    @property
    def shrinks_by(self) -> Expression | None:
        return step(self.stride)

    def reads(self, x: Map) -> Reads:
        return reading(spans(self.kernel, self.dilation), self.stride)

    def padded(self, x: Shape) -> int:
        return padded(x, self.pads(x.sizes)) if isinstance(x, Map) else x.elements

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        check_reflected(self.pads(x.sizes), self.pad_mode, x)
        return Map(self.out_sizes(x.sizes), x.channels * self.multiplier)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        kernel = (
            Axis("channels", x.channels),
            Axis("multiplier", self.multiplier),
            *window_axes(self.kernel),
        )
        return (Weight("kernel", kernel), *_bias(self.bias, x.channels * self.multiplier))

    def macs(self, x: Shape, y: Shape) -> int:
        return y.elements * product(self.kernel)


@op("separable_conv", stem="conv")
class SeparableConv(Op):
    """A depthwise convolution, and a convolution of 1x1 windows over what it gives.

    HxWxC -> H'xW'xchannels, sizes as for `conv`: what `depthwise_conv` without a bias gives, of
    C multiplier channels, then a weighted sum of these at each position (Chollet, 2017, section
    3). There is nothing between the two.
    """

    output_parameter = "channels"
    moves_window = True
    keeps_output = False
    is_linear = True
    channels: int = param("filters, the output channels", kinds.whole(), positional=True)
    kernel: PerAxis = param("size of the window", kinds.per_axis(), positional=True)
    stride: PerAxis = param("step between windows", kinds.per_axis(), (1, 1))
    pad: PerAxis | str = param("cells on each side", kinds.per_axis(0, "same"), (0, 0))
    pad_after: PerAxis | None = param(AFTER, kinds.per_axis(0), None)
    pad_mode: str = param(PAD_MODE, kinds.word(*BORDERS), "zeros")
    dilation: PerAxis = param("distance between the cells of a window", kinds.per_axis(), (1, 1))
    multiplier: int = param("filters of a window for each input channel", kinds.whole(), 1)
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    def check(self) -> None:
        self.depthwise.check()

    @property
    def depthwise(self) -> DepthwiseConv:
        """The first of the two, as a layer of its own."""
        around = (self.pad, self.pad_after, self.pad_mode)
        window = (self.kernel, self.stride, *around, self.dilation)
        return DepthwiseConv(*window, self.multiplier, bias=False, init=self.init)

    def pointwise(self, axes: int) -> Conv:
        """The second, as a layer of its own."""
        one, none = (1,) * axes, (0,) * axes
        window = Conv(self.channels, one, stride=one, pad=none, dilation=one)
        return window.replace(bias=self.bias, init=self.init)

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return self.depthwise.out_sizes(sizes)

    @property
    def shrinks_by(self) -> Expression | None:
        return step(self.stride)

    def reads(self, x: Map) -> Reads:
        return reading(spans(self.kernel, self.dilation), self.stride)

    def padded(self, x: Shape) -> int:
        return self.depthwise.padded(x)

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        return self.depthwise.infer(x)._replace(channels=self.channels)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        (depthwise,) = self.depthwise.weights(x)
        between = Axis("in", x.channels * self.multiplier)
        pointwise = Weight("pointwise", (Axis("out", self.channels), between))
        bias = _bias(self.bias, self.channels)
        return (depthwise._replace(name="depthwise"), pointwise, *bias)

    def macs(self, x: Shape, y: Shape) -> int:
        between = self.depthwise.infer(x)
        return self.depthwise.macs(x, between) + self.pointwise(x.axes).macs(between, y)


@op("conv_transpose", stem="conv")
class ConvTranspose(Op):
    """Transposed convolution, which enlarges: the gradient of `conv` as a layer.

    HxWxC -> H'xW'xchannels with H' = (H - 1) stride - 2 pad + dilation (kernel - 1) + 1 +
    output_pad. `pad` cuts rows off the result, `output_pad` adds some after it (Dumoulin & Visin,
    2016, chapter 4). With `pad=same`, H' = H stride: what is more is cut off, the odd row at the
    end, and what is less is added after it.
    """

    output_parameter = "channels"
    moves_window = True
    keeps_output = False
    is_linear = True
    channels: int = param("filters, the output channels", kinds.whole(), positional=True)
    kernel: PerAxis = param("size of the window", kinds.per_axis(), positional=True)
    stride: PerAxis = param("how many times larger the output is", kinds.per_axis(), (1, 1))
    pad: PerAxis | str = param(
        "rows and columns cut off each side", kinds.per_axis(0, "same"), (0, 0)
    )
    output_pad: PerAxis = param("rows and columns added after", kinds.per_axis(0), (0, 0))
    dilation: PerAxis = param("distance between the cells of a window", kinds.per_axis(), (1, 1))
    groups: int = param("groups of channels that do not see each other", kinds.whole(), 1)
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    def check(self) -> None:
        if self.pad == "same" and any(self.output_pad):
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                "`output_pad` has no meaning with `pad=same`, which says how large the output is",
                argument="output_pad",
                hint="leave out one of the two",
            )
        if any(n >= step for n, step in zip(self.output_pad, self.stride, strict=True)):
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                f"`output_pad` {by(self.output_pad)} is not smaller than the stride "
                f"{by(self.stride)}",
                argument="output_pad",
                hint="`output_pad` is smaller than `stride`, on each axis",
            )

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        _groups_divide(self.groups, x.channels, self.channels)
        sizes = self.out_sizes(x.sizes)
        if min(sizes) < 1:
            raise OpError(
                codes.WINDOW_TOO_LARGE,
                f"`pad={by(self.cut.before)}` cuts off more than there is: the output would be "
                f"{by(sizes)}",
                argument="pad",
                hint="lower `pad`, or raise `stride` or the window",
            )
        return Map(sizes, self.channels)

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        axes = zip(self._reach(sizes), self.cut.before, self.cut.after, self.added, strict=True)
        return tuple(cells - before - after + more for cells, before, after, more in axes)

    @property
    def cut(self) -> Pads:
        """The cells that are cut off each axis of the result."""
        if isinstance(self.pad, tuple):
            return Pads(self.pad, self.pad)
        axes = zip(self.spans, self.stride, strict=True)
        totals = [max(cells - step, 0) for cells, step in axes]
        return Pads(tuple(n // 2 for n in totals), tuple(n - n // 2 for n in totals))

    @property
    def added(self) -> PerAxis:
        """The cells that are added after each axis of the result: they have the bias alone."""
        if self.pad != "same":
            return self.output_pad
        axes = zip(self.spans, self.stride, strict=True)
        return tuple(max(step - cells, 0) for cells, step in axes)

    @property
    def spans(self) -> PerAxis:
        """The cells that the window spans on each axis."""
        return spans(self.kernel, self.dilation)

    @property
    def shrinks_by(self) -> Expression | None:
        return None

    def reads(self, x: Map) -> Reads:
        axes = zip(self.spans, self.stride, strict=True)
        cells = tuple(-(-cells // times) for cells, times in axes)
        return reading(cells, (1,) * x.axes, self.stride)

    def _reach(self, sizes: PerAxis) -> PerAxis:
        """The cells on each axis before any are cut off."""
        axes = zip(sizes, self.stride, self.spans, strict=True)
        return tuple((size - 1) * step + cells for size, step, cells in axes)

    def padded(self, x: Shape) -> int:
        if not isinstance(x, Map):
            return x.elements
        return product(self._reach(x.sizes)) * self.channels

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        kernel = (
            Axis("in", x.channels),
            Axis("out", self.channels // self.groups),
            *window_axes(self.kernel),
        )
        return (Weight("kernel", kernel), *_bias(self.bias, self.channels))

    def macs(self, x: Shape, y: Shape) -> int:
        window = product(self.kernel) * (self.channels // self.groups)
        return x.elements * window


@lru_cache(maxsize=1024)
def _kernel_and_bias(
    inputs: int, outputs: int, kernel: PerAxis, bias: bool | str
) -> tuple[Weight, ...]:
    """The weights of a convolution: the same many times over in a deep network."""
    axes = (Axis("out", outputs), Axis("in", inputs), *window_axes(kernel))
    return (Weight("kernel", axes), *_bias(bias, outputs))


def _bias(bias: bool | str, channels: int) -> tuple[Weight, ...]:
    return (Weight("bias", (Axis("out", channels),)),) if bias else ()


def _groups_divide(groups: int, inputs: int, outputs: int) -> None:
    for channels, which in ((inputs, "input"), (outputs, "output")):
        if channels % groups:
            raise OpError(
                codes.DOES_NOT_DIVIDE,
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
