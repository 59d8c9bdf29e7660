"""Values that are read again by their labels."""

from __future__ import annotations

from cnngen.ops import Map, Shape, Vector, same_size
from fuzz.strategies.layers import fit, layer
from fuzz.strategies.scope import MOST_CHANNELS, Scope, groups_of

SEVERAL = ("add", "average", "maximum")
"""Those of them that keep their shape with one more label."""

ELEMENTWISE = ("add", "add", "average", "maximum", "multiply", "subtract")
"""Joins of values of one shape."""


def join(scope: Scope) -> str:
    """``add`` or ``concat`` with labels before; a layer where there are none that can be read."""
    known = [n for n, shape in scope.readable().items() if is_alike(shape, scope.shape)]
    if not known:
        return layer(scope)
    in_groups = [name for name in known if groups_of(name)]
    name = scope.drawer.pick(in_groups if in_groups and scope.drawer.chance(2) else known)
    text = joined(scope, name, scope.labels[name])
    others = [n for n in known if same_size(scope.labels[n], scope.shape)]
    last = text.rpartition(", ")[2]
    if last.startswith(SEVERAL) and others and scope.drawer.chance(3):
        other = scope.drawer.pick(others)
        scope.note_read(other)
        return f"{text} {other}"
    return text


def is_alike(a: Shape, b: Shape) -> bool:
    """Whether both are vectors, or maps with as many axes: layers can make them the same."""
    return type(a) is type(b) and a.axes == b.axes


def joined(scope: Scope, label: str, other: Shape) -> str:
    """The current value joined with a labelled one, after layers that make it fit."""
    x = scope.shape
    if scope.keep and isinstance(x, Map) and isinstance(other, Map) and x.sizes != other.sizes:
        return layer(scope)
    scope.note_read(label)
    sized = _in_its_size(scope, label, other)
    x = scope.shape
    concat = x.channels + other.channels <= MOST_CHANNELS and scope.drawer.chance(2)
    gate = _gate(scope, label, other)
    if gate is not None:
        return ", ".join([*sized, gate])
    if concat:
        wanted = other._replace(channels=x.channels) if isinstance(other, Map) else x
        items = [*sized, *fit(scope, wanted), f"concat {label}"]
        total = x.channels + other.channels
        scope.shape = other._replace(channels=total) if isinstance(other, Map) else Vector(total)
    else:
        items = [*sized, *fit(scope, other), f"{scope.drawer.pick(ELEMENTWISE)} {label}"]
    return ", ".join(items)


def _in_its_size(scope: Scope, label: str, other: Shape) -> list[str]:
    """At times, the current value in the size of the labelled one."""
    x = scope.shape
    if not isinstance(x, Map) or not isinstance(other, Map) or not scope.drawer.chance(3):
        return []
    modes = ("", " mode=nearest", " mode=linear", *([" mode=cubic"] if x.axes == 2 else []))
    scope.shape = x._replace(sizes=other.sizes)
    scope.program.layers_left -= 1
    return [f"resize like={label}{scope.drawer.pick(modes)}"]


def _gate(scope: Scope, label: str, other: Shape) -> str | None:
    """The labelled map weighed by the current value, of one position or of one channel."""
    x = scope.shape
    if not isinstance(x, Map) or not isinstance(other, Map) or not scope.drawer.chance(4):
        return None
    if scope.keep and x.sizes != other.sizes:
        return None
    if x.sizes == other.sizes and scope.drawer.chance(2):
        items = ["conv 1 1", "sigmoid"]
    else:
        items = ["avgpool global", f"conv {other.channels} 1", "sigmoid"]
    scope.shape = other
    return ", ".join([*items, f"multiply {label}"])
