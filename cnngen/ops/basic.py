"""Dense layers, and layers that only rearrange or pass on."""

from __future__ import annotations

from typing import Any

from cnngen.diagnostics import codes, listed
from cnngen.expressions import Expression, Sizes
from cnngen.ops import kinds
from cnngen.ops.base import Axis, Op, OpError, Weight, feature_axis, need_map, op, param
from cnngen.ops.conv import BIAS, INIT
from cnngen.ops.initial import DEFAULT, Initial
from cnngen.ops.reads import Reads
from cnngen.ops.shapes import CHANNELS, POSITIONS, Map, Shape, Vector


@op("dense", stem="fc")
class Dense(Op):
    """A fully connected layer: a weighted sum of all features, for each unit.

    Vector of N features -> vector of `units` features. With `per=position`, the same sums of the
    channels at each position: HxWxC -> HxWxunits.
    """

    output_parameter = "units"
    keeps_output = False
    is_linear = True
    units: int = param("output features", kinds.whole(), positional=True)
    per: str = param(
        "what has sums of its own: the `layer` as a whole, or each `position` of a map",
        kinds.word("layer", "position"),
        "layer",
    )
    bias: bool | str = param(BIAS, kinds.switch("auto"), "auto")
    init: Initial = param(INIT, kinds.initial(), DEFAULT)

    @property
    def needs_map(self) -> bool:
        return self.per == "position"

    @property
    def makes_vector(self) -> bool:
        return self.per == "layer"

    def infer(self, x: Shape) -> Shape:
        if self.per == "position":
            return need_map(x, "dense per=position")._replace(channels=self.units)
        if isinstance(x, Map):
            raise OpError(
                codes.DENSE_ON_MAP,
                f"`dense` needs a vector, but its input is the map {x}",
                hint=f"put `flatten` before it, which gives {x.elements} features"
                + (", or `avgpool global, flatten`" if x.positions > 1 else ""),
            )
        return Vector(self.units)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        kernel = Weight("kernel", (Axis("out", self.units), feature_axis(x, "in")))
        bias = Weight("bias", (Axis("out", self.units),))
        return (kernel, bias) if self.bias else (kernel,)

    def macs(self, x: Shape, y: Shape) -> int:
        return x.elements * self.units


@op("flatten")
class Flatten(Op):
    """A map as one vector, channel after channel.

    HxWxC -> HWC features. A vector stays as it is.
    """

    keeps_elements = True
    ordered: bool = False
    """Set by a pass where the order of the features can be seen in the network's output."""

    @property
    def makes_vector(self) -> bool:
        return True

    def reads(self, x: Map) -> Reads | None:
        return None

    def infer(self, x: Shape) -> Vector:
        if isinstance(x, Vector):
            return x
        alike = x.channels == 1 or x.positions == 1
        return Vector(x.elements, None if alike or self.ordered else (*x.sizes, x.channels))


@op("reshape")
class Reshape(Op):
    """The elements of a vector, or of a map, as a map of another shape.

    N features, or HxWxC -> H'xW'xC' of as many elements, along one to three axes. They keep the
    order that `flatten` gives them, channel after channel: of a vector, the first H'W' are the
    first channel, row after row.
    """

    keeps_elements = True
    reads_order = True
    shape: tuple[int, ...] = param("the map's shape", kinds.map_shape(), positional=True)

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The sizes and the channels, each of which may be open."""
        shape: Any = self.shape
        return shape.parts if isinstance(shape, Sizes) else shape

    @property
    def own_sizes(self) -> tuple[Expression, ...]:
        return self.parts[:-1]

    def out_channels(self, channels: Expression) -> Expression:
        return self.parts[-1]

    def reads(self, x: Map) -> Reads | None:
        return None

    def infer(self, x: Shape) -> Map:
        *sizes, channels = self.shape
        y = Map(tuple(sizes), channels)
        if y.elements != x.elements:
            raise OpError(
                codes.ELEMENTS_DIFFER,
                f"the map {y} has {y.elements} elements, but the input {x} has {x.elements}",
                argument="shape",
                hint=self._hint(y, x),
            )
        return y

    def _hint(self, y: Map, x: Shape) -> str:
        channels, left = divmod(x.elements, y.positions)
        if left:
            return f"sizes and channels have {x.elements} as their product"
        return f"`reshape {y._replace(channels=channels)}` has as many"


AXIS = "axis of the input is the {} of the output"


@op("permute")
class Permute(Op):
    """The axes of a map in another order, channels among them.

    HxWxC -> the same sizes and channels elsewhere. Each argument is the axis of the input that is
    found there in the output, sizes first and channels last: `permute width height channels`
    exchanges height and width, and `permute channels length` makes channels of positions and
    positions of channels.
    """

    moves_window = True
    first: str = param("which " + AXIS.format("first"), kinds.axis(), positional=True)
    second: str = param("which " + AXIS.format("second"), kinds.axis(), positional=True)
    third: str | None = param("which " + AXIS.format("third"), kinds.axis(), None, positional=True)
    fourth: str | None = param(
        "which " + AXIS.format("fourth"), kinds.axis(), None, positional=True
    )

    @property
    def order(self) -> tuple[str, ...]:
        """The axes of the input, in the order in which the output has them."""
        given = (self.first, self.second, self.third, self.fourth)
        return tuple(each for each in given if each is not None)

    def places(self, axes: int) -> tuple[int, ...]:
        """The same, each as its place in an input with so many axes of positions."""
        return tuple(map(axes_of(axes).index, self.order))

    @property
    def shrinks_by(self) -> Expression | None:
        return None

    def check(self) -> None:
        for place, each in enumerate(self.order):
            if each in self.order[:place]:
                raise OpError(
                    codes.REPEATED_ARGUMENT,
                    f"`permute` takes each axis once, here is `{each}` twice",
                    argument=("first", "second", "third", "fourth")[place],
                    hint="for example `permute channels height width`, or on one axis "
                    "`permute channels length`",
                )

    def reads(self, x: Map) -> Reads | None:
        return None

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        known = axes_of(x.axes)
        if sorted(self.order) != sorted(known):
            raise OpError(
                codes.WRONG_VALUE,
                f"the axes of {x} are {listed(known)}: `permute` takes each of them once",
                hint=f"write it as `permute {' '.join((known[-1], *known[:-1]))}`, in this order "
                "or another",
            )
        if self.order == known:
            raise OpError(
                codes.WRONG_VALUE,
                f"`permute {' '.join(known)}` leaves each axis where it is",
                hint="leave it out, or write the axes in another order",
            )
        shape = (*x.sizes, x.channels)
        *sizes, channels = (shape[place] for place in self.places(x.axes))
        return Map(tuple(sizes), channels)


def axes_of(axes: int) -> tuple[str, ...]:
    """What the axes of a map are called that has so many of positions."""
    return (*POSITIONS[axes], CHANNELS)


@op("pad_channels")
class PadChannels(Op):
    """Adds channels of zeros after its input's, up to `channels` of them.

    HxWxC -> HxWxchannels, the same for vectors: how a shortcut without weights widens its value
    (He et al., 2016, section 3.3, option A).
    """

    output_parameter = "channels"
    reads_order = True
    channels: int = param("channels of the output", kinds.whole(), positional=True)

    def infer(self, x: Shape) -> Shape:
        if self.channels < x.channels:
            raise OpError(
                codes.CHANNELS_REMOVED,
                f"`pad_channels` adds channels, but {self.channels} are fewer than the input's "
                f"{x.channels}",
                argument="channels",
                hint=f"at least {x.channels}; a 1x1 convolution makes fewer",
            )
        return x._replace(channels=self.channels) if isinstance(x, Map) else Vector(self.channels)


@op("identity")
class Identity(Op):
    """Its input, unchanged. Shape unchanged."""

    only_weighs = True
