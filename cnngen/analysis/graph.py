"""How the layers of a network are connected, whatever they are called and whoever wrote it down.

A graph has the layers with weights, and where values are joined, taken apart or brought into
another order. What else is done to a single value is passed over; a ``detailed`` graph has the
activations and pools too, how windows move, and how values are joined. Values that are the same,
such as one joined with itself, are one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from cnngen.record import NamedTuple

Sizes = tuple[int, ...]

ANY = "join"
"""What values joined element by element are, however that is, in a graph without details."""

COMMUTATIVE = (ANY, "add", "average", "maximum", "minimum", "multiply")
"""Joins whose result does not depend on the order of what is joined."""

JOINS = ("add", "average", "maximum", "minimum", "multiply", "subtract")
"""Joins that are the same wherever they are called so."""

MOST_PARTS = 1_000_000
"""How many parts all concatenations may have together: each is written out in those after it."""


class Node(NamedTuple):
    """A value of a network, and what it is made of.

    ``inputs`` are places in the graph. They are in an order of no meaning where ``kind`` begins
    with one of ``COMMUTATIVE``. ``join`` is which of ``JOINS`` it is, if one.
    """

    kind: tuple[object, ...]
    name: str
    inputs: tuple[int, ...]
    join: str = ""

    @property
    def is_layer(self) -> bool:
        """Whether this is a layer with weights."""
        return self.kind[0] == "layer"

    @property
    def is_ordered(self) -> bool:
        """Whether the order of the inputs matters."""
        return self.kind[0] not in COMMUTATIVE


class Graph(NamedTuple):
    """Values, each after those that it is made of, and those that come out, by name."""

    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]


Shape = Sequence[int | None]
"""The sizes and the channels of a value."""


def cells(shape: Sizes) -> Sizes:
    """The shape of a weight, however it is kept.

    A dense layer is a convolution over one position, whose kernel has sizes of one before or after
    those of the channels; a factor for each channel may have them for the positions. Windows keep
    theirs: a 1x3 is no 3x1.
    """
    if len(shape) < 3:
        return shape
    if set(shape[1:]) == {1}:
        return shape[:1]
    if set(shape[:-2]) == {1}:
        return shape[-2:]
    return shape[:2] if set(shape[2:]) == {1} else shape


class TooLargeError(Exception):
    """The graph has more parts than any network."""


class Builder:
    """Makes a graph: each method takes places of values and gives that of what is made of them."""

    def __init__(self, *, detailed: bool) -> None:
        self.detailed = detailed
        self._nodes: list[Node] = []
        self._places: dict[object, int] = {}
        self._parts: dict[int, list[tuple[int, int]]] = {}
        self._left = MOST_PARTS

    def input(self, name: str) -> int:
        """An input of the network."""
        return self._added(Node(("input",), name, ()))

    def layer(
        self,
        name: str,
        shapes: Iterable[Sizes],
        inputs: Iterable[int],
        stride: Sizes = (),
        dilation: Sizes = (),
        *,
        alone: str = "",
    ) -> int:
        """A layer with weights of these shapes; ``alone``: a norm's only one, scale or shift."""
        kept = tuple(map(cells, shapes))
        steps = [each if {*each} - {1} else () for each in (stride, dilation)]
        marks = steps if self.detailed else ()
        return self._added(Node(("layer", kept, alone, *marks), name, tuple(inputs)))

    def pool(self, word: str, name: str, x: int, window: Sizes, sizes: Sizes) -> int:
        """A pool over a map of these sizes, if they are known; over all of it: nothing."""
        if window == sizes or all(cells == 1 for cells in window):
            return x
        return self.function(word, name, x, window)

    def function(self, word: str, name: str, x: int, window: Sizes = ()) -> int:
        """An activation, or a pool."""
        if not self.detailed:
            return x
        plain = word.replace("_", "").lower()
        return self._value(Node((plain, *window), name, (x,)))

    def channels_first(self, name: str, x: int) -> int:
        """A flattened map whose channels come before its positions."""
        return self._value(Node(("channels first",), name, (x,)))

    def part(self, name: str, x: int, number: int) -> int:
        """One of several values that come out of something."""
        return self._value(Node(("part", number), name, (x,)))

    def join(self, word: str, name: str, values: Sequence[tuple[int, Shape]]) -> int:
        """Values joined element by element; what is made of one value alone is passed over.

        Each comes with its shape, of which sizes may be unknown: one that is repeated along an
        axis is told from others.
        """
        shapes = [shape for _, shape in values]
        inputs = [
            self.function("repeated", name, place) if _is_repeated(shape, shapes) else place
            for place, shape in values
        ]
        if len(set(inputs)) == 1:
            return inputs[0]
        kind = word if self.detailed else ANY
        ordered = kind not in COMMUTATIVE
        taken = tuple(inputs if ordered else sorted(inputs))
        return self._value(Node((kind,), name, taken, word if word in JOINS else ""))

    def concat(self, name: str, parts: Iterable[tuple[int, int]], axis: int | None = None) -> int:
        """Values side by side, each with its channels, or along an axis of positions."""
        flat = []
        for part in parts:
            flat += [part] if axis is not None else self._parts.get(part[0], [part])
        self._spend(len(flat))
        if len(flat) == 1:
            return flat[0][0]
        made = self._value(Node(("concat", axis), name, tuple(place for place, _ in flat)))
        if axis is None:
            self._parts[made] = flat
        return made

    def slice(self, name: str, x: int, start: int, stop: int, channels: int) -> int:
        """Some of the channels of a value; of a concatenation, the values that they are of."""
        if (start, stop) == (0, channels):
            return x
        parts = self._parts.get(x, [])
        self._spend(len(parts))
        ends = list(itertools.accumulate((size for _, size in parts), initial=0))
        if start in ends and stop in ends:
            return self.concat(name, parts[ends.index(start) : ends.index(stop)])
        for (place, size), before in zip(parts, ends, strict=False):
            if before <= start and stop <= before + size:
                return self.slice(name, place, start - before, stop - before, size)
        return self._value(Node(("slice", start, stop), name, (x,)))

    def graph(self, outputs: Mapping[str, int]) -> Graph:
        """All that leads to these values."""
        needed = set(outputs.values())
        for place in reversed(range(len(self._nodes))):
            if place in needed:
                needed.update(self._nodes[place].inputs)
        new = {place: count for count, place in enumerate(sorted(needed))}
        nodes = (self._nodes[place] for place in new)
        moved = (node._replace(inputs=tuple(new[i] for i in node.inputs)) for node in nodes)
        return Graph(tuple(moved), {name: new[place] for name, place in outputs.items()})

    def _spend(self, parts: int) -> None:
        self._left -= parts
        if self._left < 0:
            raise TooLargeError

    def _added(self, node: Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _value(self, node: Node) -> int:
        """What is made by a function, so that it is the same each time."""
        key = (node.kind, node.inputs, node.join)
        if key not in self._places:
            self._places[key] = self._added(node)
        return self._places[key]


def _is_repeated(shape: Shape, shapes: Sequence[Shape]) -> bool:
    """Whether a value has a size of one where another one of those that it is joined with has not.

    Axes are counted from the last.
    """
    return any(
        own == 1 and other != 1
        for each in shapes
        for own, other in zip(reversed(shape), reversed(each), strict=False)
    )


def reached(graph: Graph) -> list[int]:
    """For each value the set of all that lead to it, itself included, as bits by their places."""
    sets: list[int] = []
    for place, node in enumerate(graph.nodes):
        own = 1 << place
        for each in node.inputs:
            own |= sets[each]
        sets.append(own)
    return sets
