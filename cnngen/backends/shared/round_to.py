"""Rounding of channels."""

import math


def round_to(value: float, multiple: int) -> int:
    """The nearest multiple, at least one, and at least nine tenths of the value."""
    nearest = max(multiple, math.floor(value / multiple + 0.5) * multiple)
    return nearest + multiple if nearest < 0.9 * value else nearest
