"""From op to meaning: a table built like a backend's, of functions on arrays.

Numbers are of whatever floating type the arrays have; float64 is what defines a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from numpy.typing import NDArray

from cnngen.ops import Map, Op, Shape

Array = NDArray[Any]
"""A batch: (N, positions, channels) for maps, (N, features) for vectors."""

Weights = Mapping[str, Array]
"""A layer's arrays by name, each indexed by its weight's axes."""

O = TypeVar("O", bound=Op)  # noqa: E741 - an op

Meaning = Callable[[O, Weights, Array], Array]
"""A layer's output, given its op, its weights and its input."""


class Table:
    """From op to meaning: ``@table.means(Conv)`` registers a function, once for each op."""

    def __init__(self) -> None:
        self.functions: dict[type[Op], Meaning[Any]] = {}

    def means(self, op: type[O]) -> Callable[[Meaning[O]], Meaning[O]]:
        """Register the function under ``op``."""

        def register(function: Meaning[O]) -> Meaning[O]:
            if op in self.functions:
                raise ValueError(f"{op.__name__} has a meaning already")
            self.functions[op] = function
            return function

        return register

    def __call__(self, op: Op, weights: Weights, x: Array) -> Array:
        """The output of ``op`` in evaluation."""
        return self.functions[type(op)](op, weights, x)


TABLE = Table()


def sizes_of(shape: Shape) -> tuple[int, ...]:
    """The sizes of an array of this shape, without the batch."""
    return (*shape.sizes, shape.channels) if isinstance(shape, Map) else shape[:1]


def positions_of(x: Array) -> tuple[int, ...]:
    """The sizes of a batch of maps, without the batch and the channels."""
    return x.shape[1:-1]
