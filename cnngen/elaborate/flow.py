"""What flows along a chain while it is elaborated: the shape, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from cnngen.ops import Op, Shape
from cnngen.source import Span


class Step(NamedTuple):
    """One entry of the trail: what was done, and the shape after it."""

    span: Span
    op: Op | None
    input: Shape | None
    output: Shape


@dataclass(slots=True)
class Flow:
    """The shape at the current place; None where a mistake has made it unknown.

    ``symbol`` is the network parameter that the channels are, as long as nothing depends on it.
    """

    shape: Shape | None = None
    started: bool = False
    symbol: str | None = None
    trail: list[Step] = field(default_factory=list)

    def lose(self) -> None:
        """Forget the shape: what follows cannot be judged until it is stated again."""
        self.shape = None
        self.symbol = None
