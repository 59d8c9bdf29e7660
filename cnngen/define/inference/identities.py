"""Identities left out of definitions where no weight gets another name by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnngen.define.inference.bodies import CONTROL, Namespace, bodies, is_identity, namespaces
from cnngen.define.inference.rule import File, Rule
from cnngen.definition import (
    Body,
    For,
    Group,
    If,
    Layer,
    Let,
    Node,
    Repeat,
    label_of,
    parts,
    within,
)
from cnngen.expressions import negation
from cnngen.ops import Op
from cnngen.passes.inference import Plan
from cnngen.passes.inference.identities import DROP_IDENTITIES
from cnngen.source import Span


def _decide(file: File, plan: Plan) -> Plan:
    return plan._replace(omitted=_omissible(file.bodies))


def _omissible(bodies: Iterable[Body]) -> frozenset[Span]:
    """The places of identities that no definition needs for the sake of a name."""
    found: dict[Span, bool] = {}
    for body in bodies:
        for namespace in namespaces(body):
            needed = _needed_by_number if namespace.body.numbered else _needed_by_name
            for node, is_needed in needed(namespace):
                span = node.at.span
                found[span] = found.get(span, True) and not is_needed
    return frozenset(span for span, may_go in found.items() if may_go)


def _needed_by_name(namespace: Namespace) -> Iterator[tuple[Layer, bool]]:
    """The identities of a namespace, and whether a label or an empty body needs them."""

    def visit(body: Body, *, is_empty: bool) -> Iterator[tuple[Layer, bool]]:
        for node in body.nodes:
            if is_identity(node):
                yield node, is_empty or label_of(node) in namespace.read | namespace.applied
            elif not isinstance(node, Group):
                for part in parts(node):
                    kept = is_empty if isinstance(node, CONTROL) else not _has_items(part)
                    yield from visit(part, is_empty=kept)

    yield from visit(namespace.body, is_empty=not _has_items(namespace.body))


def _has_items(body: Body) -> bool:
    """Whether something is left of a body without its identities, whatever loops do in it."""
    return any(
        not is_identity(node) and not isinstance(node, (Let, *CONTROL)) for node in body.nodes
    )


def _needed_by_number(namespace: Namespace) -> Iterator[tuple[Layer, bool]]:
    """The identities of a numbered body, and whether weights come after them in it."""
    is_followed = not _has_items(namespace.body)
    for node in reversed(namespace.body.nodes):
        inside = [node] if not isinstance(node, CONTROL) else list(within(node))
        is_followed = is_followed or not all(map(_has_no_weights, inside))
        yield from ((each, is_followed) for each in inside if is_identity(each))
        yield from ((each, True) for each in _in_regions(node))


def _in_regions(node: Node) -> Iterator[Layer]:
    """The identities in a region of a numbered body, which have numbers of it."""
    if not isinstance(node, (Layer, Group, *CONTROL)):
        bodies = (inner for part in parts(node) for inner in bodies(part))
        yield from (each for inner in bodies for each in inner.nodes if is_identity(each))


def _has_no_weights(node: Node) -> bool:
    """Whether nothing in a node itself has weights, or a number that weights could follow."""
    if isinstance(node, Layer):
        return type(node.op).weights is Op.weights
    return isinstance(node, (Let, *CONTROL))


def _without_identities(body: Body, plan: Plan) -> Body:
    """The body without the identities that the plan omits, and control flow around nothing."""
    kept = (node for node in body.nodes if not _is_identity_at(node, plan.omitted))
    return body._replace(nodes=tuple(made for node in kept for made in _if_any(node)))


def _is_identity_at(node: Node, spans: frozenset[Span]) -> bool:
    return is_identity(node) and node.at.span in spans


def _if_any(node: Node) -> Iterator[Node]:
    """The node, or nothing where it is control flow around nothing."""
    if isinstance(node, (Repeat, For)) and not node.body.nodes:
        return
    if isinstance(node, If) and not node.body.nodes:
        if node.otherwise.nodes:
            yield If(negation(node.condition), node.otherwise, node.body)
        return
    yield node


RULE = Rule(DROP_IDENTITIES, _decide, _without_identities)
