"""Layers without weights that change the size of a map, and strides between two sizes."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.expressions import Expression, operation
from cnngen.ops import kinds
from cnngen.ops.base import Op, OpError, internal, need_map, op, param
from cnngen.ops.kinds import PerAxis
from cnngen.ops.reads import Reads, reading
from cnngen.ops.shapes import Map, Shape, by

LARGEST_FACTOR = 40
"""With 41, torch's nearest position is one off in float32: it rounds 1 / 41 first."""


CELLS = {"nearest": 1, "linear": 2, "cubic": 4}
"""Along an axis, the positions of the input that each of the output is worked out from."""


@op("resize")
class Resize(Op):
    """A map with more or fewer positions, each worked out from those nearest to it.

    HxWxC -> (factor H)x(factor W)xC, or to the size `to`, or with `like=label` to that of a
    labelled value before it: `resize like=skip mode=linear`. Along an axis of n positions that gets
    m, position i is floor(i n / m) of the input; with `mode=linear`, it lies at
    (i + 1/2) n / m - 1/2, between two positions, of which each counts by how near it is, or on
    the edge: half-pixel centres, no averaging where the map shrinks. With `mode=cubic`, four
    positions count, each at distance d by Keys' kernel with a = -3/4 (Keys, 1981, equation 4):
    (a + 2) d^3 - (a + 3) d^2 + 1 up to 1, a (d^3 - 5 d^2 + 8 d - 4) from there to 2. Those
    beyond the edge are the edge.
    """

    moves_window = True
    factor: PerAxis | None = param(
        "how many times larger the output is",
        kinds.per_axis(maximum=LARGEST_FACTOR),
        None,
        positional=True,
    )
    to: PerAxis | None = param(
        "in place of a factor: the size of the output", kinds.per_axis(), None
    )
    mode: str = param(
        "how positions are worked out", kinds.word("nearest", "linear", "cubic"), "nearest"
    )

    def check(self) -> None:
        if (self.factor is None) == (self.to is None):
            raise OpError(
                codes.MISSING_ARGUMENT if self.to is None else codes.CONFLICTING_ARGUMENTS,
                "`resize` takes a factor, `to=HxW` or `like=label`"
                + ("" if self.to is None else ", not two of them"),
                argument="to",
                hint="for example `resize 2`, `resize to=32x32`",
            )

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        if self.to is not None:
            return self.to
        assert self.factor is not None
        return tuple(size * times for size, times in zip(sizes, self.factor, strict=True))

    @property
    def shrinks_by(self) -> Expression | None:
        return None

    def reads(self, x: Map) -> Reads:
        cells = (CELLS[self.mode],) * x.axes
        return reading(cells, x.sizes, self.out_sizes(x.sizes))

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        if self.mode == "cubic":
            hint = "`mode=linear` does with any number of axes"
            _need_two_axes(x, "resize mode=cubic", hint, "mode")
        return Map(self.out_sizes(x.sizes), x.channels)


OTHERWISE = "of maps with one or three axes, `conv_transpose` and `conv` change the size"


@op("pixel_shuffle")
class PixelShuffle(Op):
    """Channels as positions: each position becomes a square of them (Shi et al., 2016).

    HxWxC -> (factor H)x(factor W)x(C / factor^2). Channel (c factor + i) factor + j of the input
    is channel c at row i, column j of the square.
    """

    moves_window = True
    factor: int = param("rows and columns of a square", kinds.whole(), positional=True)

    def out_channels(self, channels: Expression) -> Expression:
        return operation("//", channels, operation("*", self.factor, self.factor))

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return tuple(size * self.factor for size in sizes)

    @property
    def shrinks_by(self) -> Expression | None:
        return None

    def reads(self, x: Map) -> Reads:
        return reading((1, 1), (1, 1), (self.factor, self.factor))

    def infer(self, x: Shape) -> Map:
        x = _need_two_axes(x, self.word)
        cells = self.factor**2
        if x.channels % cells:
            raise OpError(
                codes.DOES_NOT_DIVIDE,
                f"`pixel_shuffle {self.factor}` makes {cells} positions of each, which do not "
                f"divide the {x.channels} channels",
                argument="factor",
                hint=f"the layer before it has to give a multiple of {cells} channels",
            )
        return Map(self.out_sizes(x.sizes), x.channels // cells)


@op("pixel_unshuffle")
class PixelUnshuffle(Op):
    """Positions as channels: each square of them becomes one. The inverse of `pixel_shuffle`.

    HxWxC -> (H / factor)x(W / factor)x(C factor^2).
    """

    moves_window = True
    factor: int = param("rows and columns of a square", kinds.whole(), positional=True)

    def out_channels(self, channels: Expression) -> Expression:
        return operation("*", channels, operation("*", self.factor, self.factor))

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return tuple(size // self.factor for size in sizes)

    @property
    def shrinks_by(self) -> Expression | None:
        return self.factor

    def reads(self, x: Map) -> Reads:
        return reading((self.factor, self.factor), (self.factor, self.factor))

    def infer(self, x: Shape) -> Map:
        x = _need_two_axes(x, self.word)
        if any(size % self.factor for size in x.sizes):
            raise OpError(
                codes.DOES_NOT_DIVIDE,
                f"squares of {self.factor}x{self.factor} do not fill a map of {by(x.sizes)}",
                argument="factor",
                hint="height and width have to be multiples of it: `pad` or `crop` the map before",
            )
        return Map(self.out_sizes(x.sizes), x.channels * self.factor**2)


def _need_two_axes(x: Shape, word: str, hint: str = OTHERWISE, argument: str = "") -> Map:
    x = need_map(x, word)
    if x.axes != 2:
        raise OpError(
            codes.NEEDS_TWO_AXES,
            f"`{word}` needs a map with height and width, but its input is {x}",
            argument=argument,
            hint=hint,
        )
    return x


@internal("subsample")
class Subsample(Op):
    """Every stride-th position on each axis, and channels of zeros after its input's.

    HxWxC -> H'xW'xchannels with H' = ceil(H / stride): a shortcut without weights (He et al.,
    2016, section 3.3, option A). No word of the language: ``shortcut=pad`` inserts it.
    """

    output_parameter = "channels"
    moves_window = True
    channels: int = param("channels of the output", kinds.whole(), positional=True)
    stride: PerAxis = param("step between the positions that are kept", kinds.per_axis(), (1, 1))

    def infer(self, x: Shape) -> Map:
        return Map(self.out_sizes(need_map(x, self.word).sizes), self.channels)

    def reads(self, x: Map) -> Reads:
        return reading((1,) * x.axes, self.stride)

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return tuple(-(-size // step) for size, step in zip(sizes, self.stride, strict=True))


def stride_between(x: PerAxis, y: PerAxis) -> PerAxis | None:
    """The stride with which a window of one cell makes sizes ``y`` of ``x``; None if none does.

    Such a window gives ceil(size / stride) cells; of several strides that fit, the smallest.
    """
    if len(x) != len(y):
        return None
    strides = tuple(_stride(size, wanted) for size, wanted in zip(x, y, strict=True))
    return strides if all(strides) else None


def _stride(size: int, wanted: int) -> int:
    stride = -(-size // wanted)
    return stride if -(-size // stride) == wanted else 0
