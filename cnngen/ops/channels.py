"""Layers that look across channels, or change their order."""

from __future__ import annotations

from cnngen.expressions import Expression
from cnngen.ops import kinds
from cnngen.ops.base import Op, check_groups, need_map, op, param
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

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        check_groups(self.groups, x)
        return x
