"""Layers that look across channels, or change their order."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.expressions import Expression, operation
from cnngen.ops import kinds
from cnngen.ops.base import Op, OpError, check_groups, need_map, op, param
from cnngen.ops.shapes import Map, Shape, Vector


class ChannelPool(Op):
    """One value of all channels, at each position."""

    def out_channels(self, channels: Expression) -> Expression:
        return 1

    def infer(self, x: Shape) -> Shape:
        return x._replace(channels=1) if isinstance(x, Map) else Vector(1)


@op("channel_mean")
class ChannelMean(ChannelPool):
    """The mean of all channels at each position (Woo et al., 2018, section 3).

    HxWxC -> HxWx1; of a vector, one number.
    """

    keeps_output = False


@op("channel_max")
class ChannelMax(ChannelPool):
    """The maximum of all channels at each position (Woo et al., 2018, section 3).

    HxWxC -> HxWx1; of a vector, one number.
    """

    has_kink = True


@op("channel_shuffle")
class ChannelShuffle(Op):
    """Channels of all groups in turn: the first of each, then the second of each, and so on.

    Shape unchanged (Zhang et al., 2018, section 3.1).
    """

    groups: int = param("groups of neighbouring channels", kinds.whole(), positional=True)

    @property
    def needs_map(self) -> bool:
        return True

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        check_groups(self.groups, x)
        return x


@op("channel_slice")
class ChannelSlice(Op):
    """The channels from `start` up to `stop`, which is not one of them, counted from 0.

    HxWxC -> HxWx(stop - start); of a vector, its features.
    """

    reads_order = True
    start: int = param("the first channel", kinds.whole(0), positional=True)
    stop: int = param("the channel after the last", kinds.whole(), positional=True)

    def check(self) -> None:
        if self.stop <= self.start:
            raise OpError(
                codes.CONFLICTING_ARGUMENTS,
                f"there are no channels from {self.start} up to {self.stop}: the last is that "
                "before `stop`",
                argument="stop",
                hint=f"`channel_slice {self.start} {self.start + 1}` has channel {self.start} "
                "alone",
            )

    def out_channels(self, channels: Expression) -> Expression:
        return operation("-", self.stop, self.start)

    def infer(self, x: Shape) -> Shape:
        if self.stop > x.channels:
            raise OpError(
                codes.INDEX_OUT_OF_RANGE,
                f"`channel_slice` takes channels up to {self.stop}, but those of its input {x} "
                f"are 0 to {x.channels - 1}",
                argument="stop" if self.start < x.channels else "start",
                hint=f"`start` is at most {x.channels - 1}, `stop` at most {x.channels}",
            )
        kept = self.stop - self.start
        return x._replace(channels=kept) if isinstance(x, Map) else Vector(kept)
