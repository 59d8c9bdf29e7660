"""A layer, or what joins values, as its emission sees it; and the table of emissions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from cnngen.backends.axes import to_target
from cnngen.backends.base import Slot
from cnngen.backends.onnx.graph import Graph
from cnngen.ir import At
from cnngen.ops import Map, Op, Weight
from cnngen.ops.kinds import PerAxis
from cnngen.reference import Array

FLAT_ORDER = ("channels", "positions")

END = 2**63 - 1
"""Where a slice ends that goes as far as there is anything."""


class Place:
    """Where in a graph something is written, and the weights that it has there.

    Args:
        graph: what is added to.
        path: of the layer: what its operator is called, and the names of its initialisers begin
            with.
        at: the shapes that come in and go out.
        weights: with the slots that they are in, and their arrays as the reference has them.
        is_open: whether the sizes of what comes in may be others than those in ``at``.
    """

    def __init__(
        self,
        graph: Graph,
        path: str,
        at: At,
        weights: Sequence[tuple[Weight, Slot, Array]] = (),
        *,
        is_open: bool = False,
    ) -> None:
        self.graph = graph
        self.path = path
        self.at = at
        self.is_open = is_open
        self._weights = {weight.name: (weight, slot, array) for weight, slot, array in weights}

    @property
    def sizes(self) -> PerAxis:
        """The positions of what comes in; none of a vector. The graph is for these alone then."""
        self.settle()
        return self.at.input.sizes if isinstance(self.at.input, Map) else ()

    @property
    def out_sizes(self) -> PerAxis:
        """The positions of what goes out; none of a vector. The graph is for these alone then."""
        self.settle()
        return self.at.output.sizes if isinstance(self.at.output, Map) else ()

    def settle(self) -> None:
        """Have the graph take the sizes in the source only, if others could come in here."""
        self.graph.is_settled |= self.is_open

    @property
    def rank(self) -> int:
        """The number of axes of positions: none of a vector."""
        return self.at.input.axes

    @property
    def channels(self) -> int:
        """The channels, or features, of what comes in."""
        return self.at.input.channels

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of the positions of a batch."""
        return tuple(range(2, 2 + self.rank))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """The operator that the layer is, or the last of several; the name of what it gives."""
        return self.graph.node(self.path, kind, inputs, **attributes)

    def step(self, name: str, kind: str, *inputs: str, **attributes: Any) -> str:
        """An operator before the last one; the name of what it gives."""
        return self.graph.node(f"{self.path}/{name}", kind, inputs, **attributes)

    def has(self, name: str) -> bool:
        """Whether the layer has this weight."""
        return name in self._weights

    def array(self, name: str) -> Array:
        """A weight as the graph keeps it."""
        weight, slot, array = self._weights[name]
        return to_target(np.asarray(array), weight, slot, FLAT_ORDER).astype(np.float32, order="C")

    def weight(self, name: str) -> str:
        """The initialiser of a weight."""
        _, slot, _ = self._weights[name]
        return self.graph.initializer(slot.at(self.path), self.array(name))

    def bias(self) -> tuple[str, ...]:
        """The initialiser of the bias, if there is one."""
        return (self.weight("bias"),) if self.has("bias") else ()

    def constant(self, name: str, values: Any, dtype: type[Any] = np.float32) -> str:
        """An initialiser that is no weight."""
        return self.graph.initializer(f"{self.path}/{name}", np.array(values, dtype, order="C"))

    def integers(self, name: str, values: Sequence[int] | Array) -> str:
        """An initialiser of sizes, indices or axes."""
        return self.constant(name, values, np.int64)

    def per_channel(self, name: str, values: Any) -> str:
        """A constant for each channel, which weighs a map or a vector."""
        shaped = np.asarray(values).reshape(-1, *(1,) * self.rank)
        return self.constant(name, shaped)


O = TypeVar("O", bound=Op)  # noqa: E741 - an op

Emission = Callable[[O, Place, str], str]
"""Adds operators for an op at its place to what comes in, and gives the name of what goes out."""


class Table:
    """From op to emission: ``@table.emits(Conv)`` registers a function, once for each op."""

    def __init__(self) -> None:
        self.functions: dict[type[Op], Emission[Any]] = {}

    def emits(self, op: type[O]) -> Callable[[Emission[O]], Emission[O]]:
        """Register the function under ``op``."""

        def register(function: Emission[O]) -> Emission[O]:
            if op in self.functions:
                raise ValueError(f"{op.__name__} is emitted already")
            self.functions[op] = function
            return function

        return register

    def __call__(self, op: Op, at: Place, x: str) -> str:
        """What the layer gives for ``x``."""
        return self.functions[type(op)](op, at, x)


TABLE = Table()
