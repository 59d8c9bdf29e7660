"""Which layer of one graph is which of another one, whatever they are called.

Values get colours: the same for two that cannot be told apart by what leads to them and by what
they lead to (Weisfeiler & Leman, 1968). Where several of one graph have the same colour, one of
them is taken for any of the other's with it, and the colours are worked out anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

from cnngen.analysis.graph import Graph, Node

MOST_WORK = 3_000_000
"""How many values may be coloured anew because others could not be told apart."""

Colours = list[list[int]]
"""Of the values of both graphs."""


class DifferentError(Exception):
    """The graphs differ: where they do so first, which may be in one of them alone."""

    def __init__(self, ours: Node | None, theirs: Node | None) -> None:
        super().__init__("the graphs differ")
        self.ours, self.theirs = ours, theirs


class AlikeError(Exception):
    """Nothing tells these layers apart."""

    def __init__(self, layers: Sequence[str]) -> None:
        super().__init__("layers that nothing tells apart")
        self.layers = layers


def same_layers(ours: Graph, theirs: Graph) -> dict[str, str]:
    """The name in their graph of each layer of ours.

    Args:
        ours: the graph whose layers are looked for.
        theirs: the one that they are looked for in.

    Raises:
        DifferentError: the graphs differ.
        AlikeError: there are layers that nothing tells apart. They may differ in what a graph does
            not have, such as the slope of an activation, so none is chosen.
    """
    both = _Both(ours, theirs)
    both.check_histories()
    both.check_counts()  # so that theirs is no larger than ours
    both.refine()
    left = MOST_WORK
    while True:
        both.check_counts()
        alike = both.alike()
        if not alike:
            break
        left -= sum(map(len, both.colours))
        for places in alike:
            layers = {ours.nodes[place].name for place in places}  # one, where it is applied again
            if left < 0 or (ours.nodes[places[0]].is_layer and len(layers) > 1):
                raise AlikeError(sorted(layers))
        both.take(alike[0][0])
        both.refine()
    return both.layers()


class _Both:
    def __init__(self, ours: Graph, theirs: Graph) -> None:
        self.graphs = (ours, theirs)
        self.names = _paired(ours, theirs)
        self.consumers = [_consumers(graph) for graph in self.graphs]
        times = [Counter(node.name for node in g.nodes if node.is_layer) for g in self.graphs]
        self.colours = self._numbered(
            [
                [(node.kind, count[node.name] if node.is_layer else 1) for node in graph.nodes]
                for graph, count in zip(self.graphs, times, strict=True)
            ]
        )

    def check_histories(self) -> None:
        """Refuse graphs in which other layers lead to the outputs."""
        self._up()
        ours, theirs = map(set, self.colours)
        if ours != theirs:
            raise DifferentError(*self._firsts(ours - theirs, theirs - ours))

    def refine(self) -> None:
        """Give values other colours where something they lead to, or come from, has another."""
        count = 0
        while count < (found := len({*self.colours[0], *self.colours[1]})):
            count = found
            self._down()
            self._up()

    def check_counts(self) -> None:
        """Refuse graphs of which one has more of something than the other."""
        counts = [Counter(colours) for colours in self.colours]
        if counts[0] == counts[1]:
            return
        odd = {colour for colour in counts[0] | counts[1] if counts[0][colour] != counts[1][colour]}
        raise DifferentError(*self._firsts(odd, odd))

    def _firsts(self, ours: Set[int], theirs: Set[int]) -> list[Node | None]:
        """The first values of both graphs that have one of these colours."""
        return [
            next((n for n, colour in zip(g.nodes, own, strict=True) if colour in odd), None)
            for g, own, odd in zip(self.graphs, self.colours, (ours, theirs), strict=True)
        ]

    def alike(self) -> list[list[int]]:
        """Places of ours that nothing tells apart."""
        places: dict[int, list[int]] = {}
        for place, colour in enumerate(self.colours[0]):
            places.setdefault(colour, []).append(place)
        return [found for found in places.values() if len(found) > 1]

    def take(self, place: int) -> None:
        """Take a value for the first of theirs that has its colour."""
        own, other = self.colours
        new = max(*own, *other) + 1
        other[other.index(own[place])] = new
        own[place] = new

    def layers(self) -> dict[str, str]:
        """The names, once each value has a colour of its own."""
        ours, theirs = self.graphs
        by_colour = {colour: place for place, colour in enumerate(self.colours[1])}
        same = [by_colour[colour] for colour in self.colours[0]]
        found: dict[str, str] = {}
        for node, place in zip(ours.nodes, same, strict=True):
            other = theirs.nodes[place]
            inputs = [same[each] for each in node.inputs]
            if not node.is_ordered:
                inputs.sort()
            taken = found.setdefault(node.name, other.name) if node.is_layer else other.name
            joins = {node.join, other.join} - {""}
            if len(joins) > 1 or (tuple(inputs), taken) != (other.inputs, other.name):
                raise DifferentError(node, other)
        return found

    def _up(self) -> None:
        """Colours by those of what a value is made of."""
        known: dict[object, int] = {}
        made: Colours = []
        for graph, old in zip(self.graphs, self.colours, strict=True):
            new: list[int] = []
            for node, colour in zip(graph.nodes, old, strict=True):
                taken = [new[place] for place in node.inputs]
                if not node.is_ordered:
                    taken.sort()
                new.append(known.setdefault((colour, tuple(taken)), len(known)))
            made.append(new)
        self.colours = made

    def _down(self) -> None:
        """Colours by those of what values are a part of, and by the outputs."""
        known: dict[object, int] = {}
        made: Colours = []
        for side, (graph, old) in enumerate(zip(self.graphs, self.colours, strict=True)):
            new = [0] * len(old)
            outputs: dict[int, list[int]] = {}
            for number, name in enumerate(self.names[side]):
                outputs.setdefault(graph.outputs[name], []).append(number)
            for place in reversed(range(len(old))):
                uses = sorted((new[user], at) for user, at in self.consumers[side][place])
                key = (old[place], tuple(uses), tuple(outputs.get(place, ())))
                new[place] = known.setdefault(key, len(known))
            made.append(new)
        self.colours = made

    def _numbered(self, keys: Sequence[Sequence[object]]) -> Colours:
        known: dict[object, int] = {}
        return [[known.setdefault(key, len(known)) for key in of] for of in keys]


def _paired(ours: Graph, theirs: Graph) -> tuple[list[str], list[str]]:
    """The names of the outputs of both: those that are the same, if all are, or in their order."""
    own, other = list(ours.outputs), list(theirs.outputs)
    return (own, own) if {*own} == {*other} else (own, other)


def _consumers(graph: Graph) -> list[list[tuple[int, int]]]:
    """Of each value the values that are made of it, and as the how manieth of their inputs."""
    found: list[list[tuple[int, int]]] = [[] for _ in graph.nodes]
    for place, node in enumerate(graph.nodes):
        for at, each in enumerate(node.inputs):
            found[each].append((place, at if node.is_ordered else 0))
    return found
