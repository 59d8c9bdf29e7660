"""One axis of a map after another: positions that are chosen, or weighted sums of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from cnngen.backends.onnx.place import Place
from cnngen.reference import Array


def _nodes(at: Place) -> Iterator[tuple[int, Callable[..., str]]]:
    """Each axis of positions, with what makes its operator: the layer's own for the last."""
    *others, last = at.axes
    for axis in others:
        yield axis, partial(at.step, f"axis{axis}")
    yield last, at.node


def chosen(at: Place, x: str, places: Sequence[Array]) -> str:
    """The map with these positions of its own along each axis."""
    for (axis, node), along in zip(_nodes(at), places, strict=True):
        x = node("Gather", x, at.integers(f"places{axis}", along), axis=axis)
    return x


def largest(at: Place, x: str, windows: Sequence[Array]) -> str:
    """The largest value of some positions, for each output position along each axis.

    ``windows`` has a row of positions for each of the output, which may come twice.
    """
    for (axis, node), rows in zip(_nodes(at), windows, strict=True):
        index = at.integers(f"windows{axis}", rows)
        x = at.step(f"cells{axis}", "Gather", x, index, axis=axis)
        x = node("ReduceMax", x, at.integers(f"within{axis}", [axis + 1]), keepdims=0)
    return x


def summed(at: Place, x: str, matrices: Sequence[Array]) -> str:
    """Sums of positions along each axis, weighted by a matrix of outputs by inputs."""
    sizes = [at.channels, *at.sizes]
    last = at.axes[-1]
    for (axis, node), matrix in zip(_nodes(at), matrices, strict=True):
        after = sizes[axis:]
        if axis == last:
            return node("MatMul", x, at.constant(f"shares{axis}", matrix.T))
        if len(after) > 1:
            flat = [0, *sizes[:axis], int(np.prod(after))]
            x = at.step(f"rows{axis}", "Reshape", x, at.integers(f"flat{axis}", flat))
        sizes[axis - 1] = len(matrix)
        x = node("MatMul", at.constant(f"shares{axis}", matrix), x)
        if len(after) > 1:
            x = at.step(f"map{axis}", "Reshape", x, at.integers(f"shape{axis}", [0, *sizes]))
    return x
