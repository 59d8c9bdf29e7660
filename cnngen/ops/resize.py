"""Shortcuts without weights, and the strides between two sizes of a map."""

from __future__ import annotations

from cnngen.ops import kinds
from cnngen.ops.base import Op, internal, need_map, param
from cnngen.ops.kinds import Pair
from cnngen.ops.shapes import Map, Shape


@internal("subsample")
class Subsample(Op):
    """Every stride-th row and column, and channels of zeros after its input's.

    HxWxC -> H'xW'xchannels with H' = ceil(H / stride): a shortcut without weights (He et al.,
    2016, section 3.3, option A). No word of the language: ``shortcut=pad`` inserts it.
    """

    output_parameter = "channels"
    moves_window = True
    channels: int = param("channels of the output", kinds.whole(), positional=True)
    stride: Pair = param("step between the positions that are kept", kinds.pair(), (1, 1))

    def infer(self, x: Shape) -> Map:
        return Map(*self.out_sizes(need_map(x, self.word)[:2]), self.channels)

    def out_sizes(self, sizes: Pair) -> Pair:
        return -(-sizes[0] // self.stride[0]), -(-sizes[1] // self.stride[1])


def stride_between(x: Map, y: Map) -> Pair | None:
    """The stride with which a window of one cell makes ``x`` as large as ``y``; None if none does.

    Such a window gives ceil(size / stride) cells; of several strides that fit, the smallest.
    """
    height, width = _stride(x.height, y.height), _stride(x.width, y.width)
    return (height, width) if height and width else None


def _stride(size: int, wanted: int) -> int:
    stride = -(-size // wanted)
    return stride if -(-size // stride) == wanted else 0
