"""What joins values: residuals, branches, gates, and joins with labelled ones."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.backends.onnx.emit import TABLE
from cnngen.backends.onnx.place import Place
from cnngen.ir import RESIZE, Branches, Gate, Item, Join, Residual
from cnngen.ops import Resize

CHANNELS = 1
"""The axis of channels."""

VARIADIC = {"average": "Mean", "maximum": "Max"}
"""What takes any number of values."""

BINARY = {"add": "Add", "multiply": "Mul", "subtract": "Sub"}
"""What takes two values; of more, one after another."""


def joined(item: Item, at: Place, reads: Sequence[str]) -> str:
    """What an item makes of several values, in the order in which it reads them."""
    if isinstance(item, Residual):
        return at.node("Add", *reads)
    if isinstance(item, Gate):
        return at.node("Mul", *reads)
    if isinstance(item, Branches):
        return at.node("Concat", *reads, axis=CHANNELS)
    assert isinstance(item, Join)
    if item.kind == RESIZE:
        (x,) = reads
        at.graph.is_settled = True  # the size is that of a value which is not read
        return TABLE(Resize(to=at.out_sizes, mode=item.mode), at, x)
    if item.kind == "concat":
        return at.node("Concat", *reads, axis=CHANNELS if item.axis is None else 2 + item.axis)
    if item.kind in VARIADIC:
        return at.node(VARIADIC[item.kind], *reads)
    x, *others, last = reads
    for count, y in enumerate(others, 1):
        x = at.step(str(count), BINARY[item.kind], x, y)
    return at.node(BINARY[item.kind], x, last)
