"""What is worked out while compiling: names, loops, conditions."""

from __future__ import annotations

from typing import Any

from cnngen.ir import Network
from cnngen.ops import LAYERS, Map, Shape, parameters
from fuzz.strategies.bodies import body, items, nested
from fuzz.strategies.expressions import argument, condition
from fuzz.strategies.layers import fit, layer
from fuzz.strategies.scope import NAMES, Made, Scope
from fuzz.strategies.values import COUNT, values, written


def repeat(scope: Scope) -> str:
    """``repeat n { ... }``; once where more turns are refused."""
    text, _ = argument(scope, COUNT, "depth")
    inner = _turns(scope)
    lines = body(inner, most=2)
    return _looped(scope, nested(f"repeat {text}", lines), nested("repeat 1", lines), inner.shape)


def loop(scope: Scope) -> str:
    """``for`` over numbers, a list, or rows of two."""
    inner = _turns(scope)
    targets, rows = _rows(inner)
    head = f"for {', '.join(targets)} in "
    lines = body(inner, most=2)
    return _looped(
        scope, nested(f"{head}{rows}", lines), nested(f"{head}{_first(inner, targets)}", lines),
        inner.shape,
    )  # fmt: skip


def _turns(scope: Scope) -> Scope:
    """The scope of a loop's body, in which labels of outside are applied again, but not read."""
    keep = scope.keep or scope.drawer.below(3) > 0
    own = {"labels": {}, "made": dict(scope.made), "taken": set()}
    inner = scope.inner(**own, looped=True, turn=None, stay=True, keep=keep)
    inner.parameters = None
    return inner


def _rows(scope: Scope) -> tuple[list[str], str]:
    """The variables, which are known from now on, and how the values are written."""
    draw = scope.drawer
    lists = [known for known, value in scope.names.items() if isinstance(value, list)]
    name = scope.fresh(draw.pick(NAMES))
    if lists and draw.chance(2):
        return _over(scope, name, draw.pick(lists))
    form = draw.below(5)
    count = 1 + draw.below(3)
    if form == 0:
        scope.names[name], scope.turn = 0, name
        return [name], f"range({count})"
    if form == 1:
        numbers = [draw.pick(range(1, 5)) for _ in range(count)]
        scope.names[name] = numbers[0]
        return [name], written(numbers)
    if form == 4:
        scope.names[name] = 1
        return [name], f"range(1, {count + 1})"
    kinds = [p.kind for p in parameters(LAYERS["conv"]).values()]
    if form == 2:
        return _table(scope, name, [[n, *_cells(scope, kinds)] for n in range(count)], True)
    return _table(scope, name, [[*_cells(scope, kinds), n + 1] for n in range(count)], False)


def _over(scope: Scope, name: str, chosen: str) -> tuple[list[str], str]:
    """A loop over a list that has a name: its items, counted, or beside those of another."""
    items = scope.names[chosen]
    form = scope.drawer.below(3)
    scope.names[name] = items[0]
    if form == 0:
        return [name], chosen
    other = scope.fresh(scope.drawer.pick(NAMES))
    if form == 1:
        scope.names[other], scope.turn = 0, other
        return [other, name], f"enumerate({chosen})"
    numbers = [scope.drawer.pick(range(1, 5)) for _ in items]
    scope.names[other] = numbers[0]
    return [name, other], f"zip({chosen}, {written(numbers)})"


def _cells(scope: Scope, kinds: list[Any]) -> list[Any]:
    return [scope.drawer.pick(values(kinds[scope.drawer.below(2)]))]


def _table(scope: Scope, name: str, rows: list[list[Any]], turn: bool) -> tuple[list[str], str]:
    second = scope.fresh(scope.drawer.pick(NAMES))
    scope.names[name], scope.names[second] = rows[0]
    if turn:
        scope.turn = name
    return [name, second], written(rows)


def _first(scope: Scope, targets: list[str]) -> str:
    """The first row alone."""
    row = [scope.names[name] for name in targets]
    return written([row] if len(row) > 1 else row)


def _looped(scope: Scope, text: str, once: str, after: Shape) -> str:
    """The loop, or one turn of it where more are refused; a layer where that is refused too."""
    for each in (text, once):
        network = scope.probe(each)
        if network is not None and _kept(scope, network):
            scope.spend(network)
            _note_labels(scope, network)
            scope.shape = network.body.at.output
            return each
    return layer(scope)


def _kept(scope: Scope, network: Network) -> bool:
    x, y = scope.shape, network.body.at.output
    if type(x) is not type(y):
        return False
    return not scope.keep or not isinstance(x, Map) or x.sizes == y.sizes


def _note_labels(scope: Scope, network: Network) -> None:
    """Nothing of the same name can follow."""
    scope.taken |= {item.name for item in network.body.items}


def choice(scope: Scope) -> str:
    """``if``, with ``else`` or without; the one that is not taken fits here too."""
    text, holds = condition(scope)
    yes = scope.inner(labels=dict(scope.labels), made=dict(scope.made), parameters=None)
    no = scope.inner(labels=dict(scope.labels), made=dict(scope.made), parameters=None)
    ways = [body(yes, most=2)]
    otherwise = scope.drawer.below(3)
    if otherwise == 1:
        ways.append(body(no, most=2))
        if not scope.looped and scope.drawer.chance(3):
            _label_both(scope, (yes, no), ways, yes if holds else no)
    result = nested(f"if {text}", ways[0])
    if otherwise == 1:
        result += f" {nested('else', ways[1])}"
    elif otherwise == 2:
        result += f" else {choice(no).removeprefix('identity, ')}"
    elif not holds:
        result = f"identity, {result}"  # a body in which nothing is left is refused
    scope.shape = yes.shape if holds else no.shape if otherwise else scope.shape
    return result


def _label_both(
    scope: Scope, inner: tuple[Scope, Scope], ways: list[list[str]], taken: Scope
) -> None:
    """End both ways in a layer of one label, which can be read and applied again further on."""
    text, name = scope.label()
    for way, lines in zip(inner, ways, strict=True):
        before = way.shape
        made = layer(way)
        lines.append(f"{text}: {made}")
        if way is taken:
            scope.labels[name] = way.shape
            scope.made[name] = Made(made, before, way.shape, False)


def branching(scope: Scope, size: Shape) -> tuple[str, int] | None:
    """A loop or a condition, alone on its line, that makes branches; and their channels."""
    x, inner = scope.shape, _turns(scope)
    if scope.drawer.chance(3):
        head = f"if {condition(scope)[0]}"
    else:
        targets, rows = _rows(inner)
        head = f"for {', '.join(targets)} in {rows}"
    line = items(inner, 2)
    if line.startswith(("repeat ", "for ", "if ")):
        line = f"identity, {line}"
    wanted = size._replace(channels=inner.shape.channels) if isinstance(size, Map) else inner.shape
    text = nested(head, [", ".join([line, *fit(inner, wanted)])])
    whole = nested("concat", [text, ", ".join(["identity", *fit(scope, size)])])
    scope.shape = x
    network = scope.probe(whole)
    scope.shape = inner.shape
    if network is None:
        return None
    scope.spend(network)
    return text, network.body.at.output.channels - size.channels
