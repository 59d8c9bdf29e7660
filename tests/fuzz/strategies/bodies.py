"""Bodies: lines of items, each of any construct that can stand there."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from cnngen.ops import LAYERS, Shape, parameters, same_size
from fuzz.strategies.expressions import argument
from fuzz.strategies.joins import is_alike, joined
from fuzz.strategies.layers import fit, layer
from fuzz.strategies.scope import NAMES, Made, Scope, groups_of, inside

DEEPEST = 3
"""Levels of nested bodies."""


def nested(head: str, lines: Sequence[str]) -> str:
    """``head { ... }``, on one line where that is possible and short."""
    start = f"{head} {{".lstrip()
    if len(lines) == 1 and "\n" not in lines[0] and len(lines[0]) < 60:
        return f"{start} {lines[0]} }}"
    return "\n".join([start, textwrap.indent("\n".join(lines), "    "), "}"])


def body(scope: Scope, least: int = 1, most: int = 4, *, to: Shape | None = None) -> list[str]:
    """Lines; the last brings the value to the shape ``to``, if any is given."""
    lines: list[str] = []
    while len(lines) < least or (len(lines) < most and _goes_on(scope)):
        lines += line(scope)
    items = fit(scope, to) if to is not None else []
    return [*lines, ", ".join(items)] if items else lines


def _goes_on(scope: Scope) -> bool:
    return scope.program.layers_left > 0 and scope.drawer.below(3) > 0


def line(scope: Scope) -> list[str]:
    """A line, and what stands with it."""
    draw = scope.drawer
    if draw.chance(14):
        return [_let(scope), *line(scope)]
    if draw.chance(10) and scope.may_label() and scope.depth < DEEPEST:
        return _two_ways(scope)
    if draw.chance(14) and not scope.looped and scope.depth < DEEPEST:
        return _value_of_group(scope)
    text = scope.program.constructs.reuse(scope) if scope.made and draw.chance(6) else items(scope)
    if not scope.looped and scope.parameters_fixed and draw.chance(5):
        text += f" -> {scope.shape}"
    return [text]


def _let(scope: Scope) -> str:
    """``let name = value``, of a kind that some argument takes."""
    draw = scope.drawer
    known = list(parameters(LAYERS[draw.pick(("conv", "bn", "gelu", "maxpool"))]).values())
    parameter = draw.pick(known)
    text, value = argument(scope, parameter.kind, parameter.name)
    name = scope.fresh(draw.pick(NAMES))
    scope.names[name] = value
    return f"let {name} = {text}"


def items(scope: Scope, most: int = 3) -> str:
    """Items after one another."""
    found = [item(scope)]
    while len(found) < most and scope.program.layers_left > 0 and scope.drawer.chance(3):
        found.append(item(scope))
    return ", ".join(found)


def item(scope: Scope) -> str:
    """An item, with a label or without."""
    if scope.may_label() and scope.drawer.chance(5):
        return labelled(scope)
    return _plain(scope)


def labelled(scope: Scope, *, group: bool = False) -> str:
    """An item with a label, whose value can be read from here on; a group where that is wanted.

    With one, a group or a region is a namespace of its own, in which values can be read too.
    """
    text, name = scope.label()
    before, inner = scope.shape, scope.group(depth=scope.depth)
    made, alone = (_group_of_values(inner), True) if group else _labelled(inner)
    scope.shape = inner.shape
    if scope.looped and not group and scope.drawer.chance(3):  # a value that no label reads
        return f'"{text.partition("[")[0]}-{{{scope.turn}}}": {made}'
    scope.labels[name] = scope.shape
    scope.labels |= {inside(name, each): shape for each, shape in inner.readable().items()}
    if not scope.looped:
        scope.made[name] = Made(made, before, scope.shape, alone)
    return f"{text}: {made}"


def _labelled(scope: Scope) -> tuple[str, bool]:
    """An item that can have a label, and whether it can be applied to this shape alone."""
    constructs = scope.program.constructs
    if _is_layer(scope):
        return layer(scope), False
    form = scope.drawer.below(4)
    if form < 2:
        return constructs.use(scope), False
    if form == 2:
        return _group_of_values(scope), True
    return scope.drawer.pick(constructs.regions)(scope), True


def _group_of_values(scope: Scope) -> str:
    """A group in which something has a label, so that it can be read outside."""
    value = labelled(scope, group=scope.drawer.chance(4))
    return nested("", [value, *body(scope, 0, 2)])


def _plain(scope: Scope) -> str:
    """Any item; nothing but layers where it is deep already, or enough."""
    if _is_layer(scope):
        return layer(scope)
    constructs = scope.program.constructs
    return scope.drawer.pick((*constructs.regions, *constructs.others, group))(scope)


def _is_layer(scope: Scope) -> bool:
    done = scope.depth >= DEEPEST or scope.program.layers_left <= 0
    return done or scope.drawer.below(20) < 11


def group(scope: Scope) -> str:
    """``{ ... }``: a chain with names of its own."""
    inner = scope.group()
    lines = body(inner)
    scope.shape = inner.shape
    return nested("", lines)


def _value_of_group(scope: Scope) -> list[str]:
    """A group with a label, and a value in it that is joined with its own."""
    lines = [labelled(scope, group=True)]
    group, own = list(scope.labels), scope.shape
    known = [n for n, shape in scope.readable().items() if groups_of(n) and is_alike(shape, own)]
    if not known:
        return lines
    name = scope.drawer.pick(known)
    scope.note_read(name)
    if not same_size(scope.labels[name], own) or scope.drawer.chance(2):
        return [*lines, joined(scope, name, scope.labels[name])]
    whole = next(label for label in reversed(group) if not groups_of(label))
    lines.append(f"from {name}")
    inner = scope.inner(stay=True, keep=True)
    lines += body(inner, 0, 1)
    scope.shape = inner.shape
    return [*lines, joined(scope, whole, own)]


def _two_ways(scope: Scope) -> list[str]:
    """A value that goes two ways, joined again: ``from`` the label of the first, or another."""
    known = [name for name, shape in scope.readable().items() if same_size(shape, scope.shape)]
    lines: list[str] = []
    if known and scope.drawer.chance(2):
        start = name = scope.drawer.pick(known)
        scope.note_read(name)
    else:
        start, name = scope.label()
        lines = [f"{start}: {layer(scope)}"]
        scope.labels[name] = scope.shape
    begin = scope.labels[name]
    inner = scope.inner(stay=True)
    left, kept = scope.label()
    lines += body(inner, 0, 2)
    lines.append(f"{left}: {layer(inner)}")
    other = scope.labels[kept] = inner.shape
    lines.append(f"from {start}")
    right = scope.inner(stay=True, shape=begin)
    lines += body(right, 0, 2)
    lines.append(joined(right, left, other))
    scope.shape = right.shape
    return lines
