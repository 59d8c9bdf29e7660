"""What flows along a chain while it is elaborated: the shape, and how it came about."""

from __future__ import annotations

from cnngen.formula import Formula
from cnngen.ops import Op, Shape
from cnngen.record import NamedTuple
from cnngen.source import Span


class Step(NamedTuple):
    """One entry of the trail: what was done, and the shape after it."""

    span: Span
    op: Op | None
    input: Shape | None
    output: Shape


class Current(NamedTuple):
    """The value at one place.

    ``symbol`` is the network parameter that its channels are, as long as nothing depends on it;
    ``channels`` is how they came about in the block that is walked.
    """

    shape: Shape
    symbol: str | None
    channels: Formula


class Flow:
    """The value at the current place; no shape where a mistake has made it unknown.

    ``incomplete`` says that a statement before could not be read. ``strides`` collects by how much
    each layer shrinks its input; None where no stride says so.
    """

    def __init__(self) -> None:
        self.shape: Shape | None = None
        self.started = False
        self.incomplete = False
        self.symbol: str | None = None
        self.channels: Formula = 0
        self.strides: list[Formula | None] = []
        self.trail: list[Step] = []

    def begin(self, shape: Shape, span: Span) -> None:
        """Start from a stated shape."""
        self.go_on_from(Current(shape, None, shape.channels))
        self.trail.append(Step(span, None, None, shape))

    def lose(self) -> None:
        """Forget the shape: what follows cannot be judged until it is stated again."""
        self.shape = None
        self.symbol = None

    def current(self) -> Current | None:
        """The value here, to come back to."""
        if self.shape is None:
            return None
        return Current(self.shape, self.symbol, self.channels)

    def go_on_from(self, value: Current | None) -> None:
        """Make ``value`` the current one: another branch of it, or the result of a join."""
        if value is None:
            self.lose()
        else:
            self.shape, self.symbol, self.channels = value
