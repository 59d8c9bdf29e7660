"""Rounding, as the language has it."""

import math


def round_half_up(value: float) -> int:
    """The nearest whole number; a half goes up."""
    below = math.floor(value)
    return below + 1 if value - below >= 0.5 else below
