"""The bodies of definitions: all of them, those that are named together, and what meets in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TypeGuard

from cnngen.define.bias import labels_applied, labels_read
from cnngen.definition import (
    Body,
    Branch,
    For,
    Group,
    If,
    Layer,
    Let,
    Name,
    Node,
    Repeat,
    beside,
    parts,
    rebuild,
)
from cnngen.passes.inference import identities
from cnngen.record import NamedTuple
from cnngen.source import Span

CONTROL = (Repeat, For, If)

Rule = Callable[[Body], Body]


def each_body(body: Body, rule: Rule, item: Callable[[Node], Node] = lambda node: node) -> Body:
    """The body with ``rule`` for it and all in it, from the inside; ``item`` is for each node."""

    def node(each: Node) -> Node:
        made = rebuild(each, lambda inner: each_body(inner, rule, item), node)
        return item(made)

    return rule(body._replace(nodes=tuple(map(node, body.nodes))))


class Namespace(NamedTuple):
    """What is named together, with the names in it that are read again, or applied again.

    ``exports`` are those that are read outside; they are among those that are read.
    """

    body: Body
    read: frozenset[str]
    applied: frozenset[str]
    exports: frozenset[str]


def namespaces(body: Body, exports: Iterable[str] = ()) -> Iterator[Namespace]:
    """A body, and the groups in it, which have names of their own."""
    outside = frozenset(exports)
    yield Namespace(body, labels_read(body) | outside, labels_applied(body), outside)
    for inner in bodies(body):
        for node in inner.nodes:
            for each in (node, *beside(node)):
                if isinstance(each, Group):
                    yield from namespaces(each.body, each.exports)


def bodies(body: Body) -> Iterator[Body]:
    """A body and those in it whose items are named with its own."""
    yield body
    for node in body.nodes:
        if not isinstance(node, Group):
            for part in parts(node):
                yield from bodies(part)


def neighbours(body: Body) -> Iterator[tuple[int, Node, int, Node]]:
    """The nodes one after another, each with its place; what computes a name is passed over."""
    items = [each for each in enumerate(body.nodes) if not isinstance(each[1], Let)]
    for (place, node), (after, following) in pairwise(items):
        yield place, node, after, following


def is_own_name(name: Name) -> bool:
    """Whether a name has no index, and is neither a number nor in something else."""
    return name.position is None and not name.text.isdigit() and "." not in name.text


def is_identity(node: Node) -> TypeGuard[Layer]:
    """Whether a node is a layer that does nothing."""
    return identities.is_identity(node)


def places(items: Iterable[Node]) -> Iterator[Span]:
    """The places in the source of those nodes that are items."""
    for node in items:
        if not isinstance(node, (Let, Branch, *CONTROL)):
            yield node.at.span
