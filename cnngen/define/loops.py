"""Loops of a definition: a body that is the same in each turn, or the turns written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cnngen.define import conditions
from cnngen.define.namespace import Namespace, Value
from cnngen.define.symbols import OpenError
from cnngen.definition import Body, For, Let, Node, Repeat
from cnngen.elaborate.naming import comes_once
from cnngen.expressions import (
    Apply,
    Expression,
    Items,
    Symbol,
    apply,
    difference,
    element,
    is_constant,
    names,
    operation,
    rows,
    substitute,
    walk,
)
from cnngen.ops.kinds import PerAxis
from cnngen.record import NamedTuple
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.define.builder import Builder


MOST_NESTED = 5
"""Loops inside one another that are looked at closely: each doubles the work."""


def loop(builder: Builder, node: ast.Repeat | ast.For) -> list[Node]:
    """The nodes of a loop: one, or its turns where they differ in more than values."""
    if isinstance(node, ast.Repeat):
        times = builder.symbols.expression(node.times, builder.value.form)
        if times == 0:
            return []
        counted(builder, node.body, times)
        if builder.flat and type(times) is int:
            return [_turn(builder, node.body) for _ in range(times)]
        return _turning(builder, node.body, lambda body: Repeat(times, body), _Turns(times, {}))
    values = builder.symbols.rows(node.values, builder.value.form)
    whole = builder.symbols.resolve(substitute(values, {}))
    _check_rows(builder, node, whole)
    if is_constant(whole) and not whole:
        return []
    counted(builder, node.body, whole)
    if builder.flat:
        builder.symbols.visible.append({})
        made = _written_out(builder, node, whole, OpenError((), "a loop is written out"))
        builder.symbols.visible.pop()
        return made
    targets = tuple(builder.symbols.fresh(target.name).name for target in node.targets)
    if isinstance(values, Apply) and values.function == "enumerate" and len(targets) == 2:
        builder.enumerated[targets[1]] = element(values.arguments[0], Symbol(targets[0]))
    shown = {t.name: Symbol(n) for t, n in zip(node.targets, targets, strict=True)}
    builder.symbols.visible.append(dict(shown))
    before = _stand(builder)
    try:
        turns = _turns(targets, whole)
        return _turning(builder, node.body, lambda body: For(targets, values, body), turns)
    except OpenError as error:
        if not error.names & set(targets):
            raise
        _stand_at(builder, before)
        return _written_out(builder, node, whole, error)
    finally:
        builder.symbols.visible.pop()


def _stand(builder: Builder) -> _Stand:
    """Where the walk is, to come back to when what follows cannot be said."""
    return _Stand(
        conditions.way_after(builder, []),
        builder.namespace,
        builder.line,
        builder.regions,
        dict(builder.tracked),
        len(builder.conditions),
        len(builder.symbols.visible),
    )


def _stand_at(builder: Builder, before: _Stand) -> None:
    """Go on from there as if nothing had been looked at since."""
    way, builder.namespace, builder.line, builder.regions, tracked, asked, visible = before
    conditions.go_back(builder, way)
    builder.tracked = dict(tracked)
    del builder.conditions[asked:]
    del builder.symbols.visible[visible:]


def _check_rows(builder: Builder, node: ast.For, values: Expression) -> None:
    """Refuse what is no list of rows, in a way that is not taken with these values."""
    rows: Any = values.parts if isinstance(values, Items) else values
    if not is_constant(values) and not isinstance(values, Items):
        return
    if not isinstance(rows, tuple):
        raise OpenError((), "a loop goes over no list")
    for row in rows if len(node.targets) > 1 else ():
        parts = row.parts if isinstance(row, Items) else row
        if is_constant(row) and (not isinstance(row, tuple) or len(parts) != len(node.targets)):
            raise OpenError((), "a loop has other names than its rows have items")


def counted(builder: Builder, body: ast.Body, turns: Expression) -> None:
    """The turns of a loop have to be known where a second one would take the same label.

    Raises:
        OpenError: they are not.
    """
    turns = builder.symbols.resolve(turns)
    if not is_constant(turns) and not isinstance(turns, Items) and comes_once(body):
        raise OpenError(names(turns), "a label can be given once only")


def _turning(
    builder: Builder, body: ast.Body, loop: Callable[[Body], Node], turns: _Turns
) -> list[Node]:
    """A loop whose body is the same in each turn, whatever flows into it."""
    before = builder.value
    builder.loops += 1
    try:
        if builder.loops <= MOST_NESTED:
            saved = (builder.line, dict(builder.tracked))
            used, meanings = set(builder.symbols.used), dict(builder.symbols.meanings)
            started = builder.symbols.resolve(before.form.channels)
            made = builder.statements(body)
            after = builder.value.form
            unchanged = builder.symbols.resolve(after.channels) == started
            if after == before.form and unchanged:
                builder.value = before._replace(stride=_turned(builder, before))
                return [loop(Body(made))]
            builder.line, builder.tracked = saved
            builder.symbols.used, builder.symbols.meanings = used, meanings
            builder.same_kind(before.form, after, frozenset())
            same = after.channels == before.form.channels and unchanged
            sizes = before.form.sizes if after.sizes == before.form.sizes else None
        else:
            same, sizes = False, None
        return _tracking(builder, body, loop, turns, before, same=same, sizes=sizes)
    finally:
        builder.loops -= 1


def _turned(builder: Builder, before: Value) -> Expression | None:
    return before.stride if builder.value.stride == before.stride else None


def _tracking(
    builder: Builder,
    body: ast.Body,
    loop: Callable[[Body], Node],
    turns: _Turns,
    before: Value,
    *,
    same: bool,
    sizes: PerAxis | None,
) -> list[Node]:
    """A loop that changes the channels: a variable follows them."""
    start: list[Node] = []
    channels = before.form.channels
    first = builder.symbols.resolve(channels)
    if not same:
        variable, start = builder.variable(channels)
        builder.symbols.vary(variable)
        builder.symbols.settle(variable, Symbol(f"{variable.name} before"))
        channels = variable
    form = before.form._replace(channels=channels, sizes=sizes)
    builder.value = Value(form, before.stride)
    made = list(builder.statements(body))
    after = builder.value
    if after.form.channels != channels:
        if same:
            raise OpenError(names(builder.symbols.resolve(after.form.channels)), "channels grow")
        assert isinstance(channels, Symbol)
        made.append(Let(channels.name, after.form.channels))
    if isinstance(channels, Symbol) and not same:
        turned = builder.symbols.resolve(after.form.channels)
        builder.symbols.vary(channels)
        builder.symbols.settle(channels, _last(channels, first, turned, turns))
    stride = before.stride if after.stride == before.stride else None
    builder.value = Value(form._replace(channels=_known(builder, channels)), stride)
    return [*start, loop(Body(tuple(made)))]


def _known(builder: Builder, channels: Expression) -> Expression:
    """The channels as a number, where that is what they have become."""
    meaning = builder.symbols.resolve(channels)
    return meaning if is_constant(meaning) else channels


def _written_out(
    builder: Builder, node: ast.For, values: Expression, reason: OpenError
) -> list[Node]:
    """The turns of a loop one after another, where they differ in more than values."""
    turns = rows(values)
    if turns is None:
        raise OpenError(names(values), reason.reason)
    made: list[Node] = []
    for row in turns:
        parts: Any = row if len(node.targets) > 1 else (row,)
        parts = parts.parts if isinstance(parts, Items) else parts
        for target, part in zip(node.targets, parts, strict=True):
            builder.symbols.visible[-1][target.name] = part
        made.append(_turn(builder, node.body))
    return made


def _turn(builder: Builder, body: ast.Body) -> Node:
    """One turn of a loop that is written out: a body of its own, until biases are decided."""
    return Repeat(1, Body(builder.statements(body)))


class _Stand(NamedTuple):
    """Where a walk is: what is known, what is named together, and how deep it is in what."""

    way: conditions.Way
    namespace: Namespace
    line: int
    regions: int
    tracked: Mapping[str, int]
    conditions: int
    visible: int


class _Turns(NamedTuple):
    """How often a loop runs, and what its variables are in the last turn."""

    times: Expression
    last: Mapping[str, Expression]


def _turns(targets: tuple[str, ...], values: Expression) -> _Turns:
    times, row = apply("len", (values,)), element(values, -1)
    if isinstance(values, Apply) and values.function == "range" and len(values.arguments) == 1:
        (times,) = values.arguments
        row = operation("-", times, 1)
    if len(targets) == 1:
        return _Turns(times, {targets[0]: row})
    return _Turns(times, {name: element(row, place) for place, name in enumerate(targets)})


def _last(
    variable: Symbol, first: Expression, turned: Expression, turns: _Turns
) -> Expression | None:
    """What a variable is after a loop; None where that cannot be said.

    Each turn makes ``turned`` of it, from ``first`` on.
    """
    before = Symbol(f"{variable.name} before")
    if before.name not in names(turned):
        if any(
            isinstance(part, Apply) and part.function == "slice"
            for last in turns.last.values()
            for part in walk(last)
        ):
            raise OpenError((), "a part of a list may be empty, and so have no last item")
        try:
            return substitute(turned, turns.last)
        except IndexError as error:
            raise OpenError((), "a list has no last item") from error
    added = difference(turned, before)
    if before.name in names(added) or names(added) & turns.last.keys():
        return None
    return operation("+", first, operation("*", turns.times, added))
