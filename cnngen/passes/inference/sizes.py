"""What is known of sizes, which may be open in a definition."""

from __future__ import annotations


def is_each(sizes: object, number: int) -> bool:
    """Whether a size is this number on each axis."""
    return sizes == number or (type(sizes) is tuple and set(sizes) == {number})
