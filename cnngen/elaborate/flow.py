"""What flows along a chain while it is elaborated: the shape, and how it came about."""

from __future__ import annotations

from typing import NamedTuple

from cnngen.ops import Op, Shape
from cnngen.source import Span


class Step(NamedTuple):
    """One entry of the trail: what was done, and the shape after it."""

    span: Span
    op: Op | None
    input: Shape | None
    output: Shape


class Flow:
    """The shape at the current place; None where a mistake has made it unknown.

    ``symbol`` is the network parameter that the channels are, as long as nothing depends on it;
    ``incomplete`` says that a statement before could not be read.
    """

    def __init__(self) -> None:
        self.shape: Shape | None = None
        self.started = False
        self.incomplete = False
        self.symbol: str | None = None
        self.trail: list[Step] = []

    def lose(self) -> None:
        """Forget the shape: what follows cannot be judged until it is stated again."""
        self.shape = None
        self.symbol = None
