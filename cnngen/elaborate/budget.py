"""A bound on the work that a source can ask for."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.elaborate.evaluate import fail
from cnngen.source import Span


class Budget:
    """Counts the work of a file's networks, so that no source takes unbounded time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.spent = 0

    def spend(self, span: Span, steps: int = 1) -> None:
        """Take ``steps``; fail where there are none left."""
        self.spent += steps
        if self.spent > self.most:
            fail(
                codes.EXPANSION_LIMIT,
                f"the networks of this file take more than {self.most:,} steps to expand",
                span,
                "the limit is reached here",
                "a layer, a statement and each turn of a loop count; `--max-steps` raises the "
                "limit",
            )
