"""Shortcuts without weights, and the strides between two sizes of a map."""

from __future__ import annotations

from cnngen.ops import kinds
from cnngen.ops.base import Op, internal, need_map, param
from cnngen.ops.kinds import PerAxis
from cnngen.ops.shapes import Map, Shape


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
