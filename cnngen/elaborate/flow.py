"""What flows along a chain while it is elaborated: the shape, and how it came about."""

from __future__ import annotations

from cnngen.ops import Op, Shape
from cnngen.record import NamedTuple
from cnngen.source import Span


class Step(NamedTuple):
    """One entry of the trail: what was done, and the shape after it."""

    span: Span
    op: Op | None
    input: Shape | None
    output: Shape


Shapes = dict[Span, dict[tuple[Shape | None, Shape], None]]
"""What came in and went out at each item, in order, each pair once; nothing comes into an input."""


class Flow:
    """The value at the current place; no shape where a mistake has made it unknown.

    ``incomplete`` says that a statement before could not be read; ``seen`` are the shapes at each
    place, those in blocks too, which the trail forgets.
    """

    def __init__(self) -> None:
        self.shape: Shape | None = None
        self.started = False
        self.incomplete = False
        self.trail: list[Step] = []
        self.seen: Shapes = {}

    def begin(self, shape: Shape, span: Span) -> None:
        """Start from a stated shape."""
        self.shape = shape
        self.note(Step(span, None, None, shape))

    def note(self, step: Step) -> None:
        """Add to the trail."""
        self.trail.append(step)
        self.seen.setdefault(step.span, {})[step.input, step.output] = None

    def lose(self) -> None:
        """Forget the shape: what follows cannot be judged until it is stated again."""
        self.shape = None
