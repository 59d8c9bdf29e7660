"""How far a framework's own function is from its definition in float64, for targets' tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import copysign, inf
from struct import pack, unpack
from typing import Any

from cnngen.ops import Op
from cnngen.record import NamedTuple


class Inexact(NamedTuple):
    """How far off, and why: the values, and the derivative.

    Relative to the largest value for inputs from -30 to 30; zero where only rounding is left.
    """

    values: float
    gradients: float
    why: str


InexactOps = Mapping[type[Op], Callable[[Any], Inexact]]
"""By op, a function of the op with its arguments."""


def in_float32(value: float) -> float:
    """What is left of a number that is kept in float32."""
    try:
        (kept,) = unpack("f", pack("f", value))
    except OverflowError:
        return copysign(inf, value)
    return float(kept)
