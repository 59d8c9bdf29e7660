"""Where a batch norm of a definition meets a layer that may take it in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from cnngen.define.inference.bodies import bodies, namespaces, neighbours
from cnngen.definition import Body, If, Layer, Node
from cnngen.expressions import Expression, negation
from cnngen.ops import BatchNorm
from cnngen.passes.inference.plan import Pair
from cnngen.record import NamedTuple


class Meeting(NamedTuple):
    """A layer and a batch norm, one directly after the other where a condition holds.

    ``place`` is that of the layer in its body, ``beside`` that of what is or begins with the norm.
    """

    place: int
    layer: Layer
    beside: int
    norm: Layer
    condition: Expression = True

    @property
    def ahead(self) -> bool:
        """Whether the norm comes first."""
        return self.beside < self.place

    @property
    def pair(self) -> Pair:
        """Where the two are in the source, in the order of execution."""
        spans = (self.layer.at.span, self.norm.at.span)
        return spans[::-1] if self.ahead else spans


def meetings(body: Body) -> Iterator[Meeting]:
    """The layers of a body with each norm that directly follows or precedes them."""
    for place, node, after, following in neighbours(body):
        # What is computed between the two may be what a condition reads.
        if isinstance(node, Layer) and (after == place + 1 or not isinstance(following, If)):
            for norm, condition in _first_norms(following):
                yield Meeting(place, node, after, norm, condition)
        if is_norm(node) and isinstance(following, Layer):
            yield Meeting(after, following, place, node)


def all_meetings(definition: Body) -> Iterator[Meeting]:
    """Those of all bodies in a definition."""
    for namespace in namespaces(definition):
        for body in bodies(namespace.body):
            yield from meetings(body)


def _first_norms(node: Node) -> Iterator[tuple[Layer, Expression]]:
    """The batch norms that a node begins with, each with the condition for it."""
    if isinstance(node, If):
        for way, condition in ways(node):
            yield from ((each, condition) for each in way.nodes[:1] if is_norm(each))
    elif is_norm(node):
        yield node, True


def ways(node: If) -> tuple[tuple[Body, Expression], tuple[Body, Expression]]:
    """What a condition decides between, each with the condition for it."""
    return (node.body, node.condition), (node.otherwise, negation(node.condition))


def is_norm(node: Node) -> TypeGuard[Layer]:
    """Whether a node is a batch norm."""
    return isinstance(node, Layer) and type(node.op) is BatchNorm
