"""The value at a place of a definition, and the labelled ones of what is named together."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from cnngen.definition import Form, Group, Layer, Use
from cnngen.elaborate.naming import labels_in, meeting_labels, naming_of, stem_of
from cnngen.expressions import Expression
from cnngen.record import NamedTuple
from cnngen.syntax import ast


class Value(NamedTuple):
    """The value at one place: its form, and by how much the map has shrunk since the start.

    ``lengths`` are the map's sizes as far as layers say them that no window moves over.
    """

    form: Form
    stride: Expression | None
    lengths: tuple[Expression, ...] | None = None


class Namespace:
    """What is named together, and the labelled values in it; ``families`` are those with an index.

    Only those are kept that are ``read``. ``positions`` are the indices with which families were
    made; ``origins`` say from where strides are counted; ``taps`` are those of its side heads.
    """

    def __init__(
        self, named: ast.Body | ast.Region, *, top: bool = False, exports: Collection[str] = ()
    ) -> None:
        self.naming = naming_of(named, top=top)
        self.read = labels_in(named).union(exports)
        self.labels: dict[str, Value] = {}
        self.families: dict[str, Value] = {}
        self.positions: dict[str, Expression] = {}
        self.origins: dict[str, int] = {}
        self.exports: tuple[str, ...] = ()
        self.taps: list[str] = []
        self.made: dict[str, Layer | Use | Group] = {}
        self.named = named

    @cached_property
    def meeting(self) -> frozenset[str]:
        """The labels with numbers that another may meet."""
        return meeting_labels(self.named)

    def reads(self, label: str) -> bool:
        """Whether a label, or one that is made of it and an index, is read."""
        return any(stem_of(name) == label or name == label for name in self.read) or (
            stem_of(label) in self.read
        )
