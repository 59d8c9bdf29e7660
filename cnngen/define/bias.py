"""``bias=auto`` over symbols: none where a batch norm follows directly, which would cancel it."""

from __future__ import annotations

from collections.abc import Collection

from cnngen.define.symbols import OpenError
from cnngen.definition import (
    Body,
    Group,
    If,
    Join,
    Layer,
    Let,
    Node,
    Output,
    Repeat,
    Resume,
    Reuse,
    label_of,
    open_nodes,
    rebuild,
)
from cnngen.expressions import Expression, is_long, names, negation, operation
from cnngen.ops import BatchNorm


def resolve_bias(body: Body, after: Expression = False, exports: Collection[str] = ()) -> Body:
    """The body, a namespace of its own, with every ``bias`` decided.

    ``after`` says whether a batch norm follows the body, ``exports`` which labels in it are read
    outside.
    """
    return _body(body, after, labels_read(body).union(exports, labels_applied(body)))


def labels_read(body: Body) -> frozenset[str]:
    """The labels whose values are read again in a namespace; groups have their own.

    See :func:`labels_applied` for those that are applied again.
    """
    found: set[str] = set()
    for node in open_nodes(body):
        if isinstance(node, (Join, Output)):
            found.update(label.text for label in node.labels)
        elif isinstance(node, Resume):
            found.add(node.label.text)
    return frozenset(found)


def labels_applied(body: Body) -> frozenset[str]:
    """The labels of what is applied again in a namespace."""
    return frozenset(node.label.text for node in open_nodes(body) if isinstance(node, Reuse))


def _body(body: Body, after: Expression, read: frozenset[str]) -> Body:
    made: list[Node] = []
    for node in reversed(body.nodes):
        made.append(_node(node, after, read))
        if not isinstance(node, Let):
            after = _begins_with_norm(node, after)
    return body._replace(nodes=tuple(reversed(made)))


def _node(node: Node, after: Expression, read: frozenset[str]) -> Node:
    kept = label_of(node) in read
    if isinstance(node, Layer):
        if getattr(node.op, "bias", None) != "auto":
            return node
        return node._replace(op=node.op.replace(bias=True if kept else negation(after)))
    if isinstance(node, Group):
        return node._replace(body=resolve_bias(node.body, not kept and after, node.exports))
    if isinstance(node, If):
        first, second = _body(node.body, after, read), _body(node.otherwise, after, read)
        return node._replace(body=first, otherwise=second)
    return rebuild(
        node, lambda part: _body(part, False, read), lambda item: _node(item, False, frozenset())
    )


def _begins_with_norm(node: Node, after: Expression) -> Expression:
    """Whether the value goes through a batch norm next, where ``after`` follows the node."""
    if isinstance(node, Layer):
        return isinstance(node.op, BatchNorm)
    if isinstance(node, Group):
        return _first(node.body, after)
    if isinstance(node, If):
        first, second = _first(node.body, after), _first(node.otherwise, after)
        taken = operation("and", node.condition, first)
        made = operation("or", taken, operation("and", negation(node.condition), second))
        if is_long(made):
            raise OpenError(names(made), "whether a batch norm follows depends on too much")
        return made
    return False


def _first(body: Body, after: Expression) -> Expression:
    for node in reversed(body.nodes):
        if not isinstance(node, Let):
            after = _begins_with_norm(node, after)
    return after


def inlined(body: Body) -> Body:
    """The body with the turns of loops that are written out one after another."""
    made: list[Node] = []
    for node in body.nodes:
        inside = rebuild(node, inlined, lambda item: rebuild(item, inlined, lambda other: other))
        if isinstance(inside, Repeat) and inside.times == 1:
            made += inside.body.nodes
        else:
            made.append(inside)
    return body._replace(nodes=tuple(made))


__all__ = ["inlined", "labels_applied", "labels_read", "resolve_bias"]
