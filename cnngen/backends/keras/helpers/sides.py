"""Cells at the sides of a map."""


def sides(
    axes: int, cells: int | tuple[int, ...], after: int | tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Cells before and after each axis."""
    before, behind = [(n,) * axes if isinstance(n, int) else n for n in (cells, after)]
    return tuple(zip(before, behind, strict=True))
