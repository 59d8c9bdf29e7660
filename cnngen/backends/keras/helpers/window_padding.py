"""The padding of pools."""


def window_padding(
    size: int, pool: int, stride: int, padding: int, ceil: bool
) -> tuple[int, int]:
    """Cells before and after an axis; `ceil`: a last window may be partly outside."""
    extra = 0
    if ceil:
        count = -(-(size + 2 * padding - pool) // stride) + 1
        if (count - 1) * stride >= size + padding:
            count -= 1
        extra = max((count - 1) * stride + pool - size - 2 * padding, 0)
    return padding, padding + extra
