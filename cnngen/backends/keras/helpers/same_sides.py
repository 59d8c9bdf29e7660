"""The padding with which a window gives ceil(size / stride)."""


def same_sides(size: int, reach: int, stride: int) -> tuple[int, int]:
    """Cells before and after an axis; an odd one goes after."""
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2
