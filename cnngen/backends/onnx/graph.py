"""A graph while it is made: nodes, initialisers, and names that are there once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from cnngen.ops import Shape
from cnngen.ops.shapes import POSITIONS
from cnngen.reference import Array, sizes_of

BATCH = "N"
"""What the axis of the batch, whose size is left open, is called."""


class Graph:
    """Nodes in the order of execution; values and initialisers by name.

    ``is_settled`` where something in it holds for the sizes in the source alone. Unless it is,
    those of the values in ``open`` are left open.

    Args:
        reserved: names of values that are not given to what asks for them first.
    """

    def __init__(self, reserved: Collection[str]) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: dict[str, TensorProto] = {}
        self.shapes: dict[str, Shape] = {}
        self.open: set[str] = set()
        self.is_settled = False
        self._values = set(reserved)
        self._nodes: set[str] = set()
        self._outputs: dict[str, str] = {}
        self._called: dict[str, list[str]] = {}

    def node(self, name: str, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add an operator with one output, which is called like it; the name of what it gives."""
        value, own = _free(name, self._values), _free(name, self._nodes)
        self.nodes.append(helper.make_node(kind, list(inputs), [value], own, **attributes))
        return value

    def initializer(self, name: str, array: Array) -> str:
        """The name of an array that the file holds: equal ones of a name are one."""
        data = array.tobytes()
        for known in self._called.get(name, ()):
            there = self.initializers[known]
            if there.raw_data == data and tuple(there.dims) == array.shape:
                return known
        own = _free(name, self._values)
        self._called.setdefault(name, []).append(own)
        self.initializers[own] = numpy_helper.from_array(array, own)
        return own

    def output(self, value: str, name: str) -> None:
        """Let a value come out under a name, which becomes its own where it has no other such."""
        self.open |= {name} if value in self.open else set()
        if value == name:  # an input as it is
            return
        if value in self._outputs or not any(value in node.output for node in self.nodes):
            self.nodes.append(helper.make_node("Identity", [value], [name], f"{name}/output"))
        else:
            self._outputs[value] = name

    def proto(
        self, name: str, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]
    ) -> GraphProto:
        """The graph with these inputs and outputs."""
        for node in self.nodes:
            node.input[:] = [self._outputs.get(each, each) for each in node.input]
            node.output[:] = [self._outputs.get(each, each) for each in node.output]
        ends = {*inputs, *self._outputs}
        inside = {value: shape for value, shape in self.shapes.items() if value not in ends}
        return helper.make_graph(
            self.nodes,
            name,
            [self._described(*each) for each in inputs.items()],
            [self._described(*each) for each in outputs.items()],
            list(self.initializers.values()),
            value_info=[self._described(*each, is_end=False) for each in inside.items()],
        )

    def _described(self, name: str, shape: Shape, *, is_end: bool = True) -> ValueInfoProto:
        """A value's name, type and shape; the size of the batch is left open.

        Other open sizes have names where the graph begins and ends, so that they can be set.
        """
        *positions, channels = sizes_of(shape)
        sizes: list[int | str | None] = [BATCH, channels, *positions]
        if name in self.open and not self.is_settled:
            axes = POSITIONS[len(positions)]
            sizes[2:] = [f"{name}_{axis}" if is_end else None for axis in axes]
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)


def _free(wanted: str, taken: set[str]) -> str:
    """The name, or with a number where it is taken; it is taken then."""
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted}:{count}"
    taken.add(name)
    return name
