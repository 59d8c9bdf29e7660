"""How much of the input each value of a network can see.

Along an axis, a value's cells see so many neighbouring cells of the input, and those of two
neighbours lie so far apart: both follow from the windows in between (Araujo et al., 2019,
"Computing Receptive Fields of Convolutional Neural Networks", equations 2 and 3). Where values are
joined, the largest counts, but not those that stand for all positions, such as the weights of a
gate that pools its input. What hangs over the edge of the input counts too, as in the literature.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from cnngen.analysis.dataflow import Dataflow, Value
from cnngen.ir import RESIZE, Gate, Join, Layer
from cnngen.ops import Map, Op, Resize, Shape
from cnngen.record import NamedTuple


class Field(NamedTuple):
    """What a cell of a value sees along each axis: so many cells, so far apart for neighbours."""

    cells: tuple[Fraction, ...]
    jump: tuple[Fraction, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Whole cells: after a value has grown, one of its cells may see parts of some."""
        return tuple(-(-size // 1) for size in self.cells)


def receptive_fields(flow: Dataflow) -> list[Field | None]:
    """The field of each value, in their order; None where it may see all of the input."""
    fields: list[Field | None] = []
    for value in flow.values:
        shapes = [flow.values[place].shape for place in value.reads]
        fields.append(_field(value, [fields[place] for place in value.reads], shapes))
    return fields


def _field(value: Value, read: Sequence[Field | None], shapes: Sequence[object]) -> Field | None:
    shape = value.shape
    if not isinstance(shape, Map):
        return None
    if not read:
        one = (Fraction(1),) * shape.axes
        return Field(one, one)
    if isinstance(value.item, Layer):
        return _through(value.item.op, value.item.at.input, read[0])
    if isinstance(value.item, Join) and value.item.kind == RESIZE:
        resize = Resize(to=shape.sizes, mode=value.item.mode)
        return _through(resize, value.item.at.input, read[0])
    if isinstance(value.item, Gate):
        read = [each for each in read if each is not None] or [None]
    return _widest(read)


def _through(op: Op, x: Shape, field: Field | None) -> Field | None:
    reads = op.reads(x) if isinstance(x, Map) else None
    if field is None or reads is None or len(field.cells) != len(reads.cells):
        return None
    axes = tuple(zip(field.cells, field.jump, reads.cells, reads.step, reads.grow, strict=True))
    return Field(
        tuple(own + (cells - 1) * jump for own, jump, cells, _, _ in axes),
        tuple(jump * step / grow for _, jump, _, step, grow in axes),
    )


def _widest(fields: Sequence[Field | None]) -> Field | None:
    known = [field for field in fields if field is not None]
    if len(known) < len(fields) or len({len(field.cells) for field in known}) != 1:
        return None
    return Field(
        tuple(map(max, zip(*(field.cells for field in known), strict=True))),
        tuple(map(max, zip(*(field.jump for field in known), strict=True))),
    )
