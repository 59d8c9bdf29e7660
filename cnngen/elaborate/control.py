"""Loops, conditions and groups: worked out while elaborating."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.layers import seal
from cnngen.elaborate.names import Unnamed
from cnngen.elaborate.place import Place
from cnngen.elaborate.scope import Scope
from cnngen.elaborate.turns import holds, rows_of, times_of
from cnngen.elaborate.untaken import check_untaken
from cnngen.elaborate.walker import Walker
from cnngen.elaborate.words import REGIONS
from cnngen.syntax import ast


def repeat(walker: Walker, node: ast.Repeat, place: Place) -> None:
    """``repeat count { ... }``."""
    count = times_of(walker, node, place)
    if not count:
        check_untaken(walker, node.body, place)
        seal(place)
    for _ in range(count):
        walker.spend(node.times.span)
        _turn(walker, node.body, place.inside(Scope(place.scope)))


def _turn(walker: Walker, body: ast.Body, place: Place) -> None:
    """One turn of a loop. What it ends in keeps its bias, whatever the next turn begins with.

    So does what stands before a loop, also where that has no turns: the code is the same.
    """
    seal(place)
    walker.statements(body, place)
    seal(place)


def for_(walker: Walker, node: ast.For, place: Place) -> None:
    """``for a, b in rows { ... }``."""
    rows = rows_of(walker, node, place)
    if not rows:
        check_untaken(walker, node, place)
        seal(place)
    for row in rows:
        inner = Scope(place.scope)
        for target, part in zip(node.targets, row, strict=True):
            walker.define(target, inner)
            inner.values[target.name] = part
        _turn(walker, node.body, place.inside(inner))


def if_(walker: Walker, node: ast.If, place: Place) -> None:
    """``if condition { ... } else { ... }``."""
    branch: ast.If | ast.Body | None = node
    depth = walker.depth
    while isinstance(branch, ast.If):
        if branch is not node:
            walker.go_deeper(branch.span)
        walker.spend(branch.condition.span)
        if holds(walker, branch, place):
            if branch.otherwise is not None:
                check_untaken(walker, branch.otherwise, place)
            branch = branch.body
        else:
            check_untaken(walker, branch.body, place)
            branch = branch.otherwise
    if branch is not None:
        walker.statements(branch, place.inside(Scope(place.scope)))
    walker.depth = depth


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
        walker.add(Unnamed(label, node, chain), place, inner.namespace)
    else:
        walker.keep(label, place, inner.namespace)
