"""What is known of sizes, which may be open in a definition."""

from __future__ import annotations

from cnngen.ops import Conv


def is_each(sizes: object, number: int) -> bool:
    """Whether a size is this number on each axis."""
    return sizes == number or (type(sizes) is tuple and set(sizes) == {number})


def is_unpadded(conv: Conv) -> bool:
    """Whether each output has all of its inputs on the map."""
    covers = is_each(conv.pad, 0) or (conv.pad == "same" and is_each(conv.kernel, 1))
    return covers and conv.pad_after is None


def is_pointwise(conv: Conv) -> bool:
    """Whether it takes each position by itself, and all of them."""
    return is_each(conv.kernel, 1) and is_each(conv.stride, 1) and is_unpadded(conv)
