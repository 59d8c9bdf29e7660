"""Cells at the sides of a map."""

from typing import Any


def sides(
    axes: int, cells: int | tuple[int, ...], after: int | tuple[int, ...] | None = None
) -> Any:
    """Cells before and after each axis, the last axis first, as torch takes them."""
    given = (cells, cells if after is None else after)
    before, behind = [(n,) * axes if isinstance(n, int) else n for n in given]
    pairs = zip(reversed(before), reversed(behind), strict=True)
    return tuple(side for pair in pairs for side in pair)
