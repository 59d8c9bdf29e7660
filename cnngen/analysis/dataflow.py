"""The values of a network in the order of execution: what makes each, and what it reads.

Beside them the tree of its items, as the source nests them, each with the values that it makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cnngen.ir import (
    MAIN,
    RESIZE,
    Branches,
    Chain,
    Gate,
    Input,
    Instance,
    Item,
    Join,
    Layer,
    Network,
    Output,
    Residual,
    Resume,
    Reuse,
    SideHead,
    inputs,
)
from cnngen.ops import Shape
from cnngen.record import NamedTuple


class Value(NamedTuple):
    """An input of the network, what a layer gives, or what joins several values.

    ``reads`` are places of values before it. A residual's are its body's and its shortcut's, a
    gate's its input and the weights.
    """

    path: str
    item: Item
    reads: tuple[int, ...]
    shape: Shape


class Node(NamedTuple):
    """An item of the source at its place, and what it is made of.

    It makes the values from ``first`` up to ``end``, and gives ``value``. The items of a region's
    unnamed chains are its own ``children``, branch for branch.
    """

    path: str
    item: Item
    first: int
    end: int
    value: int
    children: tuple[Node, ...] = ()


class Dataflow(NamedTuple):
    """All values, each after those that it reads; ``outputs`` are those that come out, by name.

    ``heads`` are those of side heads, which only training has.
    """

    values: tuple[Value, ...]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]
    heads: Mapping[str, int]

    def leading_to(self, places: Iterable[int]) -> set[int]:
        """These values, and all that they are made of."""
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self.values[place].reads
        return found


def dataflow(network: Network) -> Dataflow:
    """How values flow through a network, side heads included."""
    return _Walk(network).flow()


Labels = dict[str, int]


class _Walk:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.values: list[Value] = []
        first = network.body.items[0]
        self.inputs = {
            name: self._add(name, first, (), shape) for name, shape in inputs(network).items()
        }
        self.outputs: dict[str, int] = {}
        self.heads: dict[str, int] = {}

    def flow(self) -> Dataflow:
        """The whole."""
        body = self.network.body
        main, nodes = self._chain(body, next(iter(self.inputs.values())), "", {})
        outputs = self.outputs or {MAIN: main}
        return Dataflow(tuple(self.values), nodes, outputs, self.heads)

    def _add(self, path: str, item: Item, reads: Sequence[int], shape: Shape) -> int:
        self.values.append(Value(path, item, tuple(reads), shape))
        return len(self.values) - 1

    def _chain(
        self, chain: Chain, x: int, prefix: str, labels: Labels
    ) -> tuple[int, tuple[Node, ...]]:
        nodes = []
        for item in chain.items:
            node = self._item(item, x, prefix, labels)
            nodes.append(node)
            x = labels[item.name] = node.value
        return x, tuple(nodes)

    def _item(self, item: Item, x: int, prefix: str, labels: Labels) -> Node:
        path, first = prefix + item.name, len(self.values)
        children: tuple[Node, ...] = ()
        match item:
            case Layer():
                x = self._add(path, item, (x,), item.at.output)
            case Chain():
                inside: Labels = {}
                x, children = self._chain(item, x, f"{path}.", inside)
                labels.update({f"{item.name}.{name}": value for name, value in inside.items()})
            case Instance():
                x, children = self._chain(item.body, x, f"{path}.", {})
            case Residual() | Branches() | Gate():
                x, children = self._region(item, x, prefix, labels)
            case Reuse():
                node = self._item(item.item, x, prefix, {})
                x, children = node.value, (node,)
            case SideHead():
                node = self._item(item.head, x, prefix, labels)
                self.heads[path], children = node.value, (node,)
            case Join():
                x = self._join(item, x, path, labels)
            case Input():
                x = self.inputs[item.name]
            case Resume():
                x = labels[item.label]
            case Output():
                self.outputs |= {label: labels[label] for label in item.labels}
        return Node(path, item, first, len(self.values), x, children)

    def _region(
        self, item: Residual | Branches | Gate, x: int, prefix: str, labels: Labels
    ) -> tuple[int, tuple[Node, ...]]:
        path, shape = prefix + item.name, item.at.output
        if isinstance(item, Branches):
            made = [self._chain(branch, x, prefix, labels) for branch in item.branches]
            children = tuple(node for _, nodes in made for node in nodes)
            return self._add(path, item, [value for value, _ in made], shape), children
        if isinstance(item, Gate):
            weights, children = self._chain(item.body, x, prefix, labels)
            return self._add(path, item, (x, weights), shape), children
        before: tuple[Node, ...] = ()
        shortcut = x
        if item.path is not None:
            node = self._item(item.path, x, prefix, labels)
            shortcut, before = node.value, (node,)
        y, nodes = self._chain(item.body, x, prefix, labels)
        if item.mode == "none":
            return y, nodes
        return self._add(path, item, (y, shortcut), shape), (*before, *nodes)

    def _join(self, item: Join, x: int, path: str, labels: Labels) -> int:
        if item.kind == RESIZE:  # the sizes of the other value are known: only they are read
            return self._add(path, item, (x,), item.at.output)
        reads = (x, *(labels[label] for label in item.labels))
        return self._add(path, item, reads, item.at.output)
