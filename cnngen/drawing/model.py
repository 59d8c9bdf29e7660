"""What a drawing shows: boxes, the values that flow between them, and what they belong to.

Every picture is a print of this, whatever its form. Boxes and edges stand in the order of
execution, and are numbered in it, so that the same network always gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.ops import Shape
from cnngen.record import NamedTuple
from cnngen.source import Span


class Node(NamedTuple):
    """A box.

    Attributes:
        id: a word that no other node or cluster of the drawing has.
        kind: of layers ``conv``, ``dense``, ``pool`` or ``layer``; else ``block`` (one that is
            closed), ``projection``, ``reuse``, ``join``, ``input`` or ``output``.
        rows: what is written in it: a layer, and below it what follows it in place, such as a
            norm and an activation.
        path: where it is in the network, as in ``layer1.0.conv1``.
        incoming: the shape of what comes in.
        shape: the shape of what comes out.
        parameters: trained values, of one where it is drawn for several.
        macs: multiply-accumulates for one input, of one where it is drawn for several.
        spans: the places in the source.
        window: of a layer with a window its sizes, else empty.
        times: how many alike follow each other here.
    """

    id: str
    kind: str
    rows: tuple[str, ...]
    path: str
    incoming: Shape
    shape: Shape
    parameters: int = 0
    macs: int = 0
    spans: tuple[Span, ...] = ()
    window: tuple[int, ...] = ()
    times: int = 1


class Cluster(NamedTuple):
    """Boxes that belong together: a block or a group that is open, what is repeated, a side head.

    Attributes:
        id: see :class:`Node`.
        kind: ``network``, ``block``, ``group``, ``repeat``, ``projection`` or ``aux``.
        title: what is written above.
        path: see :class:`Node`.
        members: nodes and clusters by their ids, in the order of execution.
        times: how many alike follow each other here.
        spans: the places in the source.
        parameters: trained values, of all that are alike together.
        macs: multiply-accumulates for one input, of all that are alike together.
        shape: the shape of what comes out of the last.
    """

    id: str
    kind: str
    title: str
    path: str
    members: tuple[str, ...]
    shape: Shape
    times: int
    spans: tuple[Span, ...]
    parameters: int
    macs: int


class Edge(NamedTuple):
    """A value that flows from a box to another.

    Attributes:
        tail: the id of the node that it comes from.
        head: the id of the node that reads it.
        shape: its shape.
        kind: ``flow``, or ``shortcut`` for what passes a region or a part of the network by.
    """

    tail: str
    head: str
    shape: Shape
    kind: str = "flow"


class Drawing(NamedTuple):
    """A network as it is drawn.

    Attributes:
        name: of the network.
        nodes: all boxes by their ids, in the order of execution.
        clusters: what is nested in what, by id; ``root`` is the whole.
        edges: the values that flow.
        root: the id of the network's own cluster.
    """

    name: str
    nodes: dict[str, Node]
    clusters: dict[str, Cluster]
    edges: tuple[Edge, ...]
    root: str

    def inside(self, cluster: str) -> Iterator[Node]:
        """The boxes in a cluster, and in those in it."""
        for member in self.clusters[cluster].members:
            if member in self.nodes:
                yield self.nodes[member]
            else:
                yield from self.inside(member)

    def ranks(self) -> dict[str, int]:
        """For each box the length of the longest way to it from an input."""
        found = dict.fromkeys(self.nodes, 0)
        order = {name: place for place, name in enumerate(self.nodes)}
        for edge in sorted(self.edges, key=lambda edge: order[edge.tail]):
            found[edge.head] = max(found[edge.head], found[edge.tail] + 1)
        return found


class TooLargeError(Exception):
    """The drawing would have more boxes than it may."""
