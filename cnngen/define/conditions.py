"""Conditions of a definition: two ways, and the one value that they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnngen.define.namespace import Value
from cnngen.define.symbols import OpenError
from cnngen.definition import Body, Form, If, Let, Node
from cnngen.expressions import Expression, choice, is_constant, is_long, names, substitute
from cnngen.record import NamedTuple
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.define.builder import Builder


def conditional(builder: Builder, node: ast.If) -> list[Node]:
    """The nodes of an ``if``: those of one way where it is known which, else of both."""
    condition = builder.symbols.expression(node.condition, builder.value.form)
    otherwise = node.otherwise
    if is_constant(condition):
        if condition:
            return list(builder.statements(node.body))
        if isinstance(otherwise, ast.If):
            return conditional(builder, otherwise)
        return list(builder.statements(otherwise)) if otherwise is not None else []
    before = way_after(builder, [])
    builder.conditions.append(condition)
    one = way_after(builder, list(builder.statements(node.body)))
    go_back(builder, before)
    second: list[Node] = []
    if isinstance(otherwise, ast.If):
        second = conditional(builder, otherwise)
    elif otherwise is not None:
        second = list(builder.statements(otherwise))
    other = way_after(builder, second)
    builder.conditions.pop()
    start = _meet(builder, condition, before, one, other)
    return [*start, If(condition, Body(tuple(one.nodes)), Body(tuple(other.nodes)))]


def way_after(builder: Builder, nodes: list[Node]) -> Way:
    """What is known after these nodes, the last that were made."""
    space = builder.namespace
    known = (dict(builder.symbols.meanings), dict(space.labels), dict(space.families))
    return Way(nodes, builder.value, *known)


def go_back(builder: Builder, way: Way) -> None:
    """Know what was known there, and no more."""
    _, builder.value, meanings, labels, families = way
    builder.symbols.meanings = dict(meanings)
    builder.namespace.labels, builder.namespace.families = dict(labels), dict(families)


def _meet(builder: Builder, condition: Expression, before: Way, one: Way, other: Way) -> list[Node]:
    """Make one value of those of two ways; what has to stand before them is returned."""
    a, b = one.value, other.value
    resolved = builder.symbols.resolve(condition)
    builder.same_kind(a.form, b.form, names(resolved))
    start: list[Node] = []
    channels = a.form.channels
    _join_ways(builder, resolved, before, one, other)
    if channels != b.form.channels:
        ways = [substitute(way.value.form.channels, way.meanings) for way in (one, other)]
        variable, start = builder.variable(before.value.form.channels)
        builder.symbols.vary(variable)
        builder.symbols.settle(variable, choice(resolved, *ways))
        channels = variable
        changed = 0
        for way in (one, other):
            own = way.value.form.channels
            if own not in (before.value.form.channels, variable):
                way.nodes.append(Let(variable.name, own))
                changed += 1
        start = start if changed < 2 else []
    sizes = a.form.sizes if a.form.sizes == b.form.sizes else None
    stride = a.stride if a.stride == b.stride else None
    builder.value = Value(Form(a.form.axes, sizes, channels), stride)
    return start


def _join_ways(builder: Builder, condition: Expression, before: Way, one: Way, other: Way) -> None:
    """What names and labels stand for after two ways, of which either may have changed it."""
    for label in one.labels.keys() & other.labels.keys():
        if one.labels[label] != other.labels[label]:
            raise OpenError(names(condition), "what a label stands for depends on it")
    for family in one.families.keys() & other.families.keys():
        if one.families[family] != other.families[family]:
            raise OpenError(names(condition), "what labels stand for depends on it")
    builder.namespace.labels = {**one.labels, **other.labels}
    builder.namespace.families = {**one.families, **other.families}
    joined: dict[str, Expression] = {}
    for name in {**one.meanings, **other.meanings}:
        found = [way.meanings[name] for way in (one, other) if name in way.meanings]
        if len(found) == 2:
            joined[name] = choice(condition, *found)
        elif name not in before.meanings:  # a name of one way alone
            joined[name] = found[0]
    builder.symbols.meanings = {n: m for n, m in joined.items() if not is_long(m)}


class Way(NamedTuple):
    """What one way of a condition has made, and what is known after it."""

    nodes: list[Node]
    value: Value
    meanings: dict[str, Expression]
    labels: dict[str, Value]
    families: dict[str, Value]
