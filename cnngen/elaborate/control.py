"""Loops, conditions and groups: worked out while elaborating."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.elaborate.evaluate import describe, fail
from cnngen.elaborate.layers import seal
from cnngen.elaborate.names import Unnamed
from cnngen.elaborate.place import Place
from cnngen.elaborate.scope import Scope
from cnngen.elaborate.walker import Walker
from cnngen.elaborate.words import REGIONS
from cnngen.syntax import ast


def repeat(walker: Walker, node: ast.Repeat, place: Place) -> None:
    """``repeat count { ... }``."""
    count = walker.values.evaluate(place.scope, node.times)
    if type(count) is not int or count < 0:
        fail(
            codes.BAD_LOOP,
            f"`repeat` cannot run {describe(count)} times",
            node.times.span,
            "expected a whole number of at least 0",
        )
    for _ in range(count):
        walker.spend(node.times.span)
        _turn(walker, node.body, place.inside(Scope(place.scope)))


def _turn(walker: Walker, body: ast.Body, place: Place) -> None:
    """One turn of a loop. What it ends in keeps its bias, whatever the next turn begins with."""
    seal(place)
    walker.statements(body, place)
    seal(place)


def for_(walker: Walker, node: ast.For, place: Place) -> None:
    """``for a, b in rows { ... }``."""
    values = walker.values.evaluate(place.scope, node.values)
    if not isinstance(values, tuple):
        fail(
            codes.BAD_LOOP,
            f"`for` needs a list, found {describe(values)}",
            node.values.span,
            "not a list",
            "`range(n)` gives 0 to n - 1; `repeat n` needs no name",
        )
    for value in values:
        walker.spend(node.values.span)
        inner = Scope(place.scope)
        row = value if len(node.targets) > 1 else (value,)
        if not isinstance(row, tuple) or len(row) != len(node.targets):
            fail(
                codes.BAD_LOOP,
                f"{len(node.targets)} names for {describe(value)}",
                node.targets[0].span.to(node.targets[-1].span),
                "expected as many names as the row has values",
            )
        for target, part in zip(node.targets, row, strict=True):
            walker.define(target, inner)
            inner.values[target.name] = part
        _turn(walker, node.body, place.inside(inner))


def if_(walker: Walker, node: ast.If, place: Place) -> None:
    """``if condition { ... } else { ... }``."""
    branch: ast.If | ast.Body | None = node
    while isinstance(branch, ast.If):
        walker.spend(branch.condition.span)
        condition = walker.values.evaluate(place.scope, branch.condition)
        if type(condition) is not bool:
            fail(
                codes.WRONG_OPERAND,
                f"`if` needs true or false, found {describe(condition)}",
                branch.condition.span,
                "neither true nor false",
                "compare it, for example `stride != 1`",
            )
        branch = branch.body if condition else branch.otherwise
    if branch is not None:
        walker.statements(branch, place.inside(Scope(place.scope)))


def group(walker: Walker, node: ast.Group, place: Place) -> None:
    """``label: { ... }``: a chain with names of its own."""
    label = walker.label(node.label, place)
    if node.label is not None and node.label.name.name in REGIONS:
        word = node.label.name.name
        fail(
            codes.NAME_REFUSED,
            f"`{word}:` makes a group called `{word}`, not a {word}",
            node.label.span,
            "a label",
            f"write `{word} {{ ... }}`, without the colon",
        )
    step, before, mistakes = walker.step, walker.flow.shape, walker.mistakes
    inner = place.group(node.body)
    walker.statements(node.body, inner)
    known = before is not None and not walker.flow.incomplete
    if not inner.items and known and walker.mistakes == mistakes:
        fail(
            codes.EMPTY_NETWORK,
            "this group has no layers",
            node.span,
            "empty",
            "remove it, or put `identity` into it",
        )
    chain = before and walker.chain(inner, before, node.span, step)
    if chain:
        walker.add(Unnamed(label, node, chain), place)
    else:
        walker.keep(label, place)
