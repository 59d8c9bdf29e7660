"""Which layer of one Keras model is which of another one that computes the same.

Names and the order of layers do not count: both graphs are walked from the output to the input side
by side. Where values are joined in an order that does not matter, the inputs that have the same
history belong together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras


class Node(NamedTuple):
    """A layer with weights, a pool, or a place where values are joined; what it takes."""

    kind: tuple[Any, ...]
    layer: Any
    inputs: tuple[Node, ...]
    history: int
    """The same for all nodes to which the same layers lead."""
    channels: int


CONCAT = ("concat",)


class Graph:
    """The nodes of a model."""

    def __init__(self, model: Any, histories: dict[Any, int]) -> None:
        self.histories = histories
        self.nodes: dict[int, Node] = {}
        (tensor,) = model.outputs
        self.output = self._node(tensor)

    def first_unlike(self, other: Graph) -> str:
        """The first layer to which other layers lead than to any of the other graph."""
        known = {node.history for node in other.nodes.values()}
        unlike = (node for node in self.nodes.values() if node.history not in known)
        return next((str(node.layer.name) for node in unlike), "the end")

    def _node(self, tensor: Any) -> Node:
        """The last node that leads to a tensor."""
        stack = [tensor]
        while id(tensor) not in self.nodes:
            at = stack[-1]
            operation, index, _ = at._keras_history
            taken = operation._inbound_nodes[index].input_tensors
            missing = [each for each in taken if id(each) not in self.nodes]
            if missing:
                stack += missing
                continue
            stack.pop()
            self.nodes[id(at)] = self._made(operation, [self.nodes[id(each)] for each in taken])
        return self.nodes[id(tensor)]

    def _made(self, operation: Any, taken: list[Node]) -> Node:
        if isinstance(operation, keras.Sequential):
            (node,) = taken
            for layer in operation.layers:
                node = self._made(layer, [node])
            return node
        kind = _kind(operation)
        if kind is None:
            (node,) = taken
            return self._sliced(operation, node) if _is_slice(operation) else node
        before = [node.history for node in taken]
        key = (kind, *(before if kind == CONCAT else sorted(before)))
        history = self.histories.setdefault(key, len(self.histories))
        channels = operation._inbound_nodes[0].output_tensors[0].shape[-1]
        return Node(kind, operation, tuple(taken), history, channels)

    def _sliced(self, operation: Any, node: Node) -> Node:
        """What has been joined on channels and is taken out again."""
        if node.kind != CONCAT:
            raise ValueError(f"{operation.name} takes channels of what is no concatenation")
        _, key = operation._inbound_nodes[0].arguments.args
        start, stop, _ = key[-1].indices(node.channels)
        ends = list(itertools.accumulate((each.channels for each in node.inputs), initial=0))
        parts = node.inputs[ends.index(start) : ends.index(stop)]
        if len(parts) == 1:
            return parts[0]
        history_of = (CONCAT, *(each.history for each in parts))
        history = self.histories.setdefault(history_of, len(self.histories))
        return Node(CONCAT, node.layer, parts, history, stop - start)


def _kind(operation: Any) -> tuple[Any, ...] | None:
    """What it is, for the comparison; None where it may be passed over."""
    weights = [tuple(weight.shape) for weight in getattr(operation, "weights", ())]
    if isinstance(operation, keras.layers.InputLayer):
        return ("input",)
    if isinstance(operation, keras.layers.Concatenate):
        return CONCAT
    if len(operation._inbound_nodes) == 1 and len(operation._inbound_nodes[0].input_tensors) > 1:
        return ("join",)
    if weights and not isinstance(operation, keras.layers.Normalization):
        return tuple(weights)
    window = getattr(operation, "pool_size", ())
    return ("pool", *window) if math.prod(window) > 1 else None


def _is_slice(operation: Any) -> bool:
    return type(operation).__name__ == "GetItem"


def same_layers(ours: Any, theirs: Any) -> Iterator[tuple[Any, Any]]:
    """Each layer with weights of one model, and that of the other which does the same.

    Raises:
        ValueError: the graphs differ.
    """
    histories: dict[Any, int] = {}
    one, other = Graph(ours, histories), Graph(theirs, histories)
    if one.output.history != other.output.history:
        raise ValueError(f"alike up to {one.first_unlike(other)} and {other.first_unlike(one)}")
    pairs = [(one.output, other.output)]
    seen = set()
    while pairs:
        a, b = pairs.pop()
        if (id(a), id(b)) in seen:
            continue
        seen.add((id(a), id(b)))
        if getattr(a.layer, "weights", ()):
            yield a.layer, b.layer
        pairs += zip(_sorted(a), _sorted(b), strict=True)


def _sorted(node: Node) -> Sequence[Node]:
    if node.kind == CONCAT:
        return node.inputs
    return sorted(node.inputs, key=lambda each: each.history)


def same_weights(ours: Any, theirs: Any) -> dict[str, str]:
    """The paths of all weights of one model, and those that they have in the other."""
    return {
        _path(ours, a): _path(theirs, b)
        for one, other in same_layers(ours, theirs)
        for a, b in zip(one.weights, other.weights, strict=True)
    }


def _path(model: Any, variable: Any) -> str:
    return str(variable.path).removeprefix(f"{model.name}/").replace("/", ".")
