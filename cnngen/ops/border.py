"""What is put around a map, or cut off it."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.ops import kinds
from cnngen.ops.base import Op, OpError, need_map, op, param
from cnngen.ops.kinds import PerAxis
from cnngen.ops.shapes import Map, Shape, by
from cnngen.ops.window import AFTER, BORDERS, Pads, padded, reflectable


class Border(Op):
    """What padding and cropping share: a number of cells on each side. Channels are untouched."""

    moves_window = True
    cells: PerAxis
    after: PerAxis | None

    @property
    def sides(self) -> Pads:
        """The cells before and after each axis."""
        return Pads(self.cells, self.cells if self.after is None else self.after)


@op("pad")
class Pad(Border):
    """Cells around a map.

    HxWxC -> (H + before + after)xW'xC. With `mode=reflect` they mirror the map without its edge,
    with `mode=replicate` they repeat the edge, else they are zeros.
    """

    cells: PerAxis = param("cells on each side", kinds.per_axis(0), positional=True)
    after: PerAxis | None = param(AFTER, kinds.per_axis(0), None)
    mode: str = param("what is in them", kinds.word(*BORDERS), "zeros")

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        return self.sides.around(sizes)

    def padded(self, x: Shape) -> int:
        return padded(x, self.sides) if isinstance(x, Map) else x.elements

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        if self.mode == "reflect":
            reflectable(x.sizes, self.sides, "cells", "after")
        return Map(self.out_sizes(x.sizes), x.channels)


@op("crop")
class Crop(Border):
    """A map without the cells at its sides.

    HxWxC -> (H - before - after)xW'xC.
    """

    cells: PerAxis = param("cells cut off each side", kinds.per_axis(0), positional=True)
    after: PerAxis | None = param(AFTER, kinds.per_axis(0), None)

    def out_sizes(self, sizes: PerAxis) -> PerAxis:
        axes = zip(sizes, self.sides.before, self.sides.after, strict=True)
        return tuple(size - before - after for size, before, after in axes)

    def infer(self, x: Shape) -> Map:
        x = need_map(x, self.word)
        sizes = self.out_sizes(x.sizes)
        if min(sizes) < 1:
            raise OpError(
                codes.WINDOW_TOO_LARGE,
                f"`crop` leaves nothing of its input {by(x.sizes)}: the output would be "
                f"{by(sizes)}",
                argument="cells",
                hint="cut off fewer cells",
            )
        return Map(sizes, x.channels)
