"""Values that arguments take, found by asking each kind what it reads, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from cnngen.elaborate.words import SHORTCUTS
from cnngen.expressions import Listed
from cnngen.ops.kinds import Kind, Misfit, real, switch, whole, word

POOL: tuple[Any, ...] = (
    *range(1, 7),
    0,
    *(pair for pair in product(range(4), repeat=2) if pair[0] != pair[1]),
    *(each for each in product(range(3), repeat=3) if len(set(each)) > 1),
    *(0.5, 0.25, 0.1, 0.001, 1e-5, 1.5, -0.5),
    *(False, True),
    *(Listed((0.5, 0.25, 1.5, 0.1)[:count]) for count in range(1, 5)),
)
"""What arguments are drawn from, the simplest first; a kind's words come in addition."""


@dataclass(frozen=True)
class LayerValue:
    """A layer as the value of a parameter, as it is written there."""

    text: str


NO_LAYER = LayerValue("none")
"""The value that is no layer at all."""


def _read_layer(value: Any) -> Any:
    if not isinstance(value, LayerValue):
        raise Misfit
    return value


LAYER = Kind("a layer", _read_layer)
"""The kind of parameters that stand for a layer."""

COUNT = whole(1)
"""Turns of a loop."""

SHORTCUT = word(*SHORTCUTS)
"""What ``shortcut=`` takes."""

WEIGHT = real(1e-3, 1e3)
"""What the weight of a loss is."""

TRUTH = switch()
"""What a condition is."""


@cache
def values(kind: Kind) -> tuple[Any, ...]:
    """What of the pool a kind reads, then its words and the names that are literal.

    Add to the pool where a new kind finds nothing in it.
    """
    found = (*(value for value in POOL if accepts(kind, value)), *kind.words, *kind.literal)
    assert found, f"no value for {kind.expected}: add some to POOL in {__file__}"
    return found


def accepts(kind: Kind, value: Any) -> bool:
    """Whether a kind reads a value."""
    try:
        kind.read(value)
    except Misfit:
        return False
    return True


def written(value: Any) -> str:
    """A value as the language writes it; texts are words."""
    if isinstance(value, LayerValue):
        return value.text
    if isinstance(value, (list, Listed)):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_number(value: Any) -> bool:
    """Whether a value is a whole number, which sums and products are made of."""
    return type(value) is int
