"""Values that are read again by their labels."""

from __future__ import annotations

from cnngen.ops import Map, Shape, Vector, same_size
from fuzz.strategies.layers import fit, layer
from fuzz.strategies.scope import MOST_CHANNELS, Scope


def join(scope: Scope) -> str:
    """``add`` or ``concat`` with labels before; a layer where there are none that can be read."""
    known = [n for n, shape in scope.labels.items() if isinstance(shape, type(scope.shape))]
    if not known:
        return layer(scope)
    name = scope.drawer.pick(known)
    text = joined(scope, name, scope.labels[name])
    others = [n for n in known if same_size(scope.labels[n], scope.shape)]
    if text.rpartition(", ")[2].startswith("add") and others and scope.drawer.chance(3):
        return f"{text} {scope.drawer.pick(others)}"
    return text


def joined(scope: Scope, label: str, other: Shape) -> str:
    """The current value joined with a labelled one, after layers that make it fit."""
    x = scope.shape
    if scope.keep and isinstance(x, Map) and isinstance(other, Map) and x.sizes != other.sizes:
        return layer(scope)
    concat = x.channels + other.channels <= MOST_CHANNELS and scope.drawer.chance(2)
    if concat:
        wanted = other._replace(channels=x.channels) if isinstance(other, Map) else x
        items = [*fit(scope, wanted), f"concat {label}"]
        total = x.channels + other.channels
        scope.shape = other._replace(channels=total) if isinstance(other, Map) else Vector(total)
    else:
        items = [*fit(scope, other), f"add {label}"]
    return ", ".join(items)
