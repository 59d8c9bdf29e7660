"""What loops and conditions read: how many turns there are, of what, and which way is taken."""

from __future__ import annotations

from typing import Any

from cnngen.diagnostics import codes
from cnngen.elaborate.evaluate import describe, fail
from cnngen.elaborate.place import Place
from cnngen.elaborate.walker import Walker
from cnngen.syntax import ast


def times_of(walker: Walker, node: ast.Repeat, place: Place) -> int:
    """How many turns a ``repeat`` has."""
    count = walker.values.evaluate(place.scope, node.times)
    if type(count) is not int or count < 0:
        fail(
            codes.BAD_LOOP,
            f"`repeat` cannot run {describe(count)} times",
            node.times.span,
            "expected a whole number of at least 0",
        )
    return count


def rows_of(walker: Walker, node: ast.For, place: Place) -> list[tuple[Any, ...]]:
    """What the targets of a ``for`` are in each turn."""
    values = walker.values.evaluate(place.scope, node.values)
    if not isinstance(values, tuple):
        fail(
            codes.BAD_LOOP,
            f"`for` needs a list, found {describe(values)}",
            node.values.span,
            "not a list",
            "`range(n)` gives 0 to n - 1; `repeat n` needs no name",
        )
    rows: list[tuple[Any, ...]] = []
    for value in values:
        walker.spend(node.values.span)
        row = value if len(node.targets) > 1 else (value,)
        if not isinstance(row, tuple) or len(row) != len(node.targets):
            fail(
                codes.BAD_LOOP,
                f"{len(node.targets)} names for {describe(value)}",
                node.targets[0].span.to(node.targets[-1].span),
                "expected as many names as the row has values",
            )
        rows.append(row)
    return rows


def holds(walker: Walker, node: ast.If, place: Place) -> bool:
    """Whether the condition of an ``if`` holds."""
    condition = walker.values.evaluate(place.scope, node.condition)
    if type(condition) is not bool:
        fail(
            codes.WRONG_OPERAND,
            f"`if` needs true or false, found {describe(condition)}",
            node.condition.span,
            "neither true nor false",
            "compare it, for example `stride != 1`",
        )
    return condition
