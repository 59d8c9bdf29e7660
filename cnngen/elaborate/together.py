"""Whether values come to several places of a definition, tried with some that tell them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice, product

from cnngen.diagnostics import DiagnosticError
from cnngen.elaborate.evaluate import Surroundings, evaluate, names_in
from cnngen.elaborate.scope import SHAPE_NAMES, word_value, words
from cnngen.elaborate.values import FOLLOWS
from cnngen.ops.kinds import Value
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast
from cnngen.syntax.walk import bodies_in, items_in

MOST_TRIED = 5_000
"""Values that are tried for all places of a definition; then no more is looked for."""

MOST_OPEN = 4
"""Names whose values are tried at once."""

MOST_ASKED = 20
"""Conditions that are looked at together."""

LONGEST = 1_000
"""Characters of them."""

MOST_STEPS = 1_000
"""Work for one condition with some values."""


class Way(NamedTuple):
    """One way of an ``if``: its number, in the order of the source."""

    node: ast.If
    number: int

    @property
    def asked(self) -> Iterator[ast.Expression]:
        """What is asked on the way to it: only the last may be so."""
        rest: ast.If | ast.Body | None = self.node
        for _ in range(self.number + 1):
            if isinstance(rest, ast.If):
                yield rest.condition
                rest = rest.otherwise


class Together:
    """Tries values for the names of one definition: its parameters, and what loops go through."""

    def __init__(self, definition: ast.Network | ast.Block) -> None:
        self.left = MOST_TRIED
        self.definition = definition

    @cached_property
    def open(self) -> frozenset[str]:
        """The names without a value."""
        items = (item for item, _ in items_in(self.definition.body))
        targets = (target for item in items if isinstance(item, ast.For) for target in item.targets)
        given = (parameter.name for parameter in self.definition.parameters)
        return frozenset(each.name for each in (*given, *targets)).union(SHAPE_NAMES)

    @cached_property
    def lets(self) -> dict[str, ast.Expression | None]:
        """What names stand for; None where it depends on the place, or is too long to be tried."""
        found: dict[str, ast.Expression | None] = {}
        for body in bodies_in(self.definition.body):
            for statement in body.statements:
                if isinstance(statement, ast.Let):
                    name = statement.name.name
                    is_known = name not in found and _length(statement.value) <= LONGEST
                    found[name] = statement.value if is_known else None
        return found

    def may_be(self, ways: Sequence[Way]) -> bool:
        """Whether values that were tried come to all of these ways."""
        if not self.left:
            return False
        asked = list(islice((each for way in ways for each in way.asked), MOST_ASKED + 1))
        if len(asked) > MOST_ASKED or sum(map(_length, asked)) > LONGEST:
            return False
        asked += self._computed(asked)
        names = sorted(self.open & {name.name for each in asked for name in names_in(each)})
        if len(names) > MOST_OPEN:
            return False
        tried = list(_tried([each.span.text for each in asked]))
        for values in product(tried, repeat=len(names)):
            if not self.left:
                return False
            self.left -= 1
            if self._holds(ways, dict(zip(names, values, strict=True))):
                return True
        return False

    def _computed(self, asked: Sequence[ast.Expression]) -> list[ast.Expression]:
        """What is computed for conditions, under names."""
        found: list[ast.Expression] = []
        seen: set[str] = set()
        waiting = list(asked)
        for each in waiting:  # which grows
            for name in names_in(each):
                value = self.lets.get(name.name)
                if value is not None and name.name not in seen:
                    seen.add(name.name)
                    found.append(value)
                    waiting.append(value)
        return found

    def _holds(self, ways: Sequence[Way], values: Mapping[str, Value]) -> bool:
        steps = 0
        inside: list[str] = []

        def spend(_: Span, more: int) -> None:
            nonlocal steps
            steps += more
            if steps > MOST_STEPS:
                raise DiagnosticError(FOLLOWS)

        def find(name: ast.Name) -> Value:
            if name.name in values:
                return values[name.name]
            value, word = self.lets.get(name.name), word_value(name.name)
            if value is not None and name.name not in inside:
                inside.append(name.name)
                made = evaluate(value, around)
                inside.pop()
                return made
            if name.name in self.lets or word is None:
                raise DiagnosticError(FOLLOWS)
            return word

        around = Surroundings(find, spend)
        try:
            return all(
                evaluate(each, around) is (place == way.number)
                for way in ways
                for place, each in enumerate(way.asked)
            )
        except DiagnosticError:  # these are no values for it
            return False


def _length(expression: ast.Expression) -> int:
    """Characters of it."""
    return expression.span.end - expression.span.start


def _tried(texts: Sequence[str]) -> Iterator[Value]:
    """Values that may make a difference to conditions: those in them, and their neighbours."""
    yield from (True, False)
    numbers = {0, 1}
    found: set[str] = set()
    for text in texts:
        numbers.update(int(each) for each in re.findall(r"\b\d{1,9}\b", text))
        found.update(re.findall(r"\b[A-Za-z]\w*\b", text))
    yield from sorted({number + step for number in numbers for step in (-1, 0, 1)})
    yield from (word for word in map(word_value, sorted(found & words())) if word is not None)
