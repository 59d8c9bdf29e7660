"""What of a file is wanted, and what it may cost."""

from __future__ import annotations

from cnngen.record import NamedTuple
from cnngen.syntax import ast

MOST_STEPS = 200_000
"""Statements, layers and turns of loops that a file's networks may take to expand."""

MOST_LEVELS = 64
"""Levels of nested braces and blocks."""

PURPOSES = ("training", "inference")
"""What the code of a network can be for; the first is the default of most targets."""


class Choice(NamedTuple):
    """What of a file is wanted: one network by name, other values for parameters; and limits.

    ``for_inference`` where it is the form without what is there for training alone, None leaves it
    to what is written; ``passes`` are the names of those that make it, or none for those that do by
    default.
    """

    network: str | None = None
    settings: tuple[ast.Argument, ...] = ()
    most_steps: int = MOST_STEPS
    most_levels: int = MOST_LEVELS
    for_inference: bool | None = None
    passes: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether all networks are wanted, with the values that they have."""
        return self.network is None and not self.settings
