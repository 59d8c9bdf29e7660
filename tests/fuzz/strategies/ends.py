"""What a network takes and gives: several inputs, and outputs with and without losses."""

from __future__ import annotations

from cnngen.losses import LOSSES
from cnngen.ops import Map, Shape, Vector
from fuzz.strategies.bodies import body
from fuzz.strategies.drawer import Drawer
from fuzz.strategies.expressions import argument
from fuzz.strategies.joins import is_alike, joined
from fuzz.strategies.layers import fit, layer
from fuzz.strategies.scope import Scope
from fuzz.strategies.values import WEIGHT

SIZES = (6, 5, 7, 4, 8, 9, 11, 12, 3, 1)
"""What an axis of the input has, the smaller ones first: on three axes only these."""


def shape(drawer: Drawer) -> Shape:
    """The shape of an input."""
    if drawer.chance(6):
        return Vector(drawer.pick((4, 6, 1, 9)))
    axes = drawer.pick((2, 2, 2, 1, 3))
    sizes = tuple(drawer.pick(SIZES[: 5 if axes == 3 else None]) for _ in range(axes))
    return Map(sizes, drawer.pick((2, 3, 4, 1, 6)))


def inputs(scope: Scope) -> list[str]:
    """The first input, and at times others, whose values are still to be read."""
    draw = scope.drawer
    several = draw.chance(3)
    if not several and not draw.chance(4):
        return [f"input {scope.shape}"]
    lines = [_input(scope)]
    while several and len(lines) < 3 and (len(lines) == 1 or draw.chance(3)):
        scope.pending.append(_last(scope))
        scope.shape = _like(scope)
        lines.append(_input(scope))
    if several and draw.chance(2):
        lines.append(_turn(scope, _last(scope)))
    return lines


def _input(scope: Scope) -> str:
    text, name = scope.label()
    scope.labels[name] = scope.shape
    return f"{text}: input {scope.shape}"


def _last(scope: Scope) -> str:
    """The label that the value here has."""
    return list(scope.labels)[-1]


def _like(scope: Scope) -> Shape:
    """The shape of another input: the same, or one that can be brought to one with it."""
    draw, x = scope.drawer, scope.shape
    if draw.chance(3):
        return x
    other = shape(draw)
    return x if scope.stay and not is_alike(other, x) else other


def _turn(scope: Scope, here: str) -> str:
    """Goes on from a value that is still to be read, and leaves the one here."""
    name = scope.pending.pop(scope.drawer.below(len(scope.pending)))
    scope.pending.append(here)
    scope.shape = scope.labels[name]
    return f"from {name}"


def another_input(scope: Scope) -> list[str]:
    """An input in the middle of a network; the value before it is read further on."""
    text, name = scope.label()
    lines = [f"{text}: {layer(scope)}"]
    scope.labels[name] = scope.shape
    scope.pending.append(name)
    scope.shape = _like(scope)
    return [*lines, _input(scope)]


def merged(scope: Scope) -> list[str]:
    """The value here joined with one that is still to be read, which may be made longer first."""
    draw = scope.drawer
    lines: list[str] = []
    if draw.chance(2):
        text, here = scope.label()
        lines.append(f"{text}: {layer(scope)}")
        scope.labels[here] = scope.shape
        lines.append(_turn(scope, here))
        lines += body(scope, 0, 2)
    name = scope.pending.pop(draw.below(len(scope.pending)))
    return [*lines, *_joined(scope, name)]


def _joined(scope: Scope, name: str) -> list[str]:
    """The value here joined with another: as vectors where they are no maps of as many axes."""
    x, other = scope.shape, scope.labels[name]
    if is_alike(x, other):
        return [joined(scope, name, other)]
    if isinstance(x, Map):
        flat = ", ".join(fit(scope, Vector(scope.drawer.pick((4, 3, 6)))))
        return [flat, *_joined(scope, name)]
    text, here = scope.label()
    lines = [f"{text}: {layer(scope)}", f"from {name}"]
    scope.labels[here], scope.shape = scope.shape, other
    return [*lines, *_joined(scope, here)]


def outputs(scope: Scope) -> list[str]:
    """Values that the network returns, those that nothing has read among them."""
    draw = scope.drawer
    name = _name(scope)
    lines = [f"{name}: {layer(scope)}"]
    scope.labels[name] = scope.shape
    names = [name]
    while scope.pending:
        left = scope.pending.pop()
        if not _can_be_returned(left) or draw.chance(3):
            name = _name(scope)
            lines.append(f"{name}: from {left}")
            scope.labels[name] = scope.labels[left]
            names.append(name)
        else:
            names.append(left)
    others = [n for n in scope.readable() if _can_be_returned(n) and n not in names]
    while others and len(names) < 4 and draw.chance(3):
        names.append(others.pop(draw.below(len(others))))
    first = draw.below(len(names))
    return [*lines, *_returned(scope, names[first:] + names[:first])]


def _name(scope: Scope) -> str:
    """A new label that can be that of an output."""
    name, _ = scope.label(quoted=False)
    return name if _can_be_returned(name) else _name(scope)


def _can_be_returned(label: str) -> bool:
    """Whether a named tuple can have a field of this name."""
    return label.isidentifier() and not hasattr(tuple, label)


def _returned(scope: Scope, names: list[str]) -> list[str]:
    """The lines that say what is returned, and what it is trained on."""
    draw = scope.drawer
    lines = []
    while names:
        count = 1 + draw.below(len(names))
        text = f"output {' '.join(names[:count])}"
        if draw.chance(2):
            text += f" loss={draw.pick(tuple(LOSSES))}"
            text += f" weight={argument(scope, WEIGHT, 'weight')[0]}" if draw.chance(2) else ""
        lines.append(text)
        names = names[count:]
    return lines
