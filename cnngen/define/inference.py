"""Definitions and networks in their form for inference, changed at the same places.

A definition stands for all of its uses, so it decides what is changed: a batch norm is folded where
the definition has it right after the layer that takes it in, whatever its parameters are. Each
function here is what a pass of :mod:`cnngen.passes.inference` is for networks.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeGuard

from cnngen import ir
from cnngen.define import Defined, HeldError, callees, networks_held
from cnngen.define.bias import labels_applied, labels_read
from cnngen.define.overwriting import overwrite
from cnngen.define.registry import Registry
from cnngen.definition import (
    Body,
    Definition,
    For,
    Group,
    If,
    Layer,
    Let,
    Node,
    Repeat,
    SideHead,
    Use,
    beside,
    label_of,
    nodes,
    parts,
    rebuild,
    within,
)
from cnngen.expressions import names, negation
from cnngen.ir import Network, heads_in
from cnngen.ops import BatchNorm, Identity, Op
from cnngen.passes.inference import Plan, folded_layers, for_inference, takes_norm, with_bias
from cnngen.passes.inference.plan import Pair
from cnngen.record import NamedTuple
from cnngen.source import Span

CONTROL = (Repeat, For, If)


class Inference(NamedTuple):
    """The networks of a file for inference, and their definitions."""

    networks: tuple[Network, ...]
    defined: Defined


def infer(networks: Sequence[Network], defined: Defined) -> Inference:
    """The networks of a file and their definitions for inference.

    Raises:
        HeldError: the two are not the same network any more; a fault of cnngen.
    """
    heads = dict.fromkeys(path for network in networks for path, _ in heads_in(network.body))
    plan = _plan(networks, defined)._replace(side_heads=tuple(heads))
    try:
        return _inferred(networks, defined, plan)
    except HeldError:  # a place that is another in a network: then nothing moves anywhere
        return _inferred(networks, defined, Plan(side_heads=plan.side_heads))


def _inferred(networks: Sequence[Network], defined: Defined, plan: Plan) -> Inference:
    change = Change(plan, defined.registry)
    lowered = tuple(for_inference(network, plan) for network in networks)
    found = {name: change(definition) for name, definition in defined.networks.items()}
    made = defined._replace(
        blocks=tuple(callees(found.values())),
        networks=found,
        ordered=networks_held(lowered, found),
        inference=change,
    )
    return Inference(lowered, made)


class Change:
    """See :class:`cnngen.define.Change`; each definition is changed once."""

    def __init__(self, plan: Plan, registry: Registry) -> None:
        self.plan = plan
        self.registry = registry
        self.made: dict[int, tuple[Definition, Definition]] = {}

    def __call__(self, definition: Definition) -> Definition:
        """The definition for inference, with those that it uses."""
        if id(definition) not in self.made:
            made = copy.copy(definition)
            body = _each_body(definition.body, _without_heads, self._use)
            body = _omitted(_silent(_folded(body, self.plan)), self.plan)
            made.body, made.overwritable = overwrite(body)
            self.registry.add_form(made, definition)
            self.made[id(definition)] = (definition, made)
        return self.made[id(definition)][1]

    def _use(self, node: Node) -> Node:
        return node._replace(callee=self(node.callee)) if isinstance(node, Use) else node


Rule = Callable[[Body], Body]


def _each_body(body: Body, rule: Rule, item: Callable[[Node], Node] = lambda node: node) -> Body:
    """The body with ``rule`` for it and all in it, from the inside; ``item`` is for each node."""

    def node(each: Node) -> Node:
        made = rebuild(each, lambda inner: _each_body(inner, rule, item), node)
        return item(made)

    return rule(body._replace(nodes=tuple(map(node, body.nodes))))


# --- side heads, noise, norms --------------------------------------------------------------------


def _without_heads(body: Body) -> Body:
    kept = [node for node in body.nodes if not isinstance(node, SideHead)]
    if not kept and body.nodes:  # no chain is empty
        head = body.nodes[0]
        assert isinstance(head, SideHead)
        kept = [Layer(head.name, Identity(), head.at)]
    return body._replace(nodes=tuple(map(_without_taps, kept)))


def _without_taps(node: Node) -> Node:
    """A group that does not give what its side heads took."""
    if not isinstance(node, Group) or not node.exports:
        return node
    return node._replace(exports=tuple(e for e in node.exports if not e.endswith(".input")))


def _silent(body: Body) -> Body:
    """The body with the identity in place of what draws at random."""

    def rule(inner: Body) -> Body:
        return inner._replace(
            nodes=tuple(
                node._replace(op=Identity()) if isinstance(node, Layer) and node.op.draws else node
                for node in inner.nodes
            )
        )

    return _each_body(body, rule)


def _folded(body: Body, plan: Plan) -> Body:
    """The body with the identity in place of norms that the layer before them takes in."""

    def rule(inner: Body) -> Body:
        made = list(inner.nodes)
        for place, layer, after, norm in _pairs(inner):
            if (layer.at.span, norm.at.span) in plan.folded:
                made[place] = with_bias(layer)
                made[after] = norm._replace(op=Identity())
        return inner._replace(nodes=tuple(made))

    return _each_body(body, rule)


def _pairs(body: Body) -> Iterator[tuple[int, Layer, int, Layer]]:
    """The layers that a batch norm follows directly, and it, each with its place."""
    items = [each for each in enumerate(body.nodes) if not isinstance(each[1], Let)]
    for (place, layer), (after, norm) in pairwise(items):
        if isinstance(layer, Layer) and isinstance(norm, Layer) and type(norm.op) is BatchNorm:
            yield place, layer, after, norm


# --- identities ----------------------------------------------------------------------------------


def _omitted(body: Body, plan: Plan) -> Body:
    """The body without the identities that the plan omits, and control flow around nothing."""

    def rule(inner: Body) -> Body:
        kept = (node for node in inner.nodes if not _is_identity_at(node, plan.omitted))
        return inner._replace(nodes=tuple(made for node in kept for made in _if_any(node)))

    return _each_body(body, rule)


def _is_identity(node: Node) -> TypeGuard[Layer]:
    return isinstance(node, Layer) and isinstance(node.op, Identity)


def _is_identity_at(node: Node, spans: frozenset[Span]) -> bool:
    return _is_identity(node) and node.at.span in spans


def _if_any(node: Node) -> Iterator[Node]:
    """The node, or nothing where it is control flow around nothing."""
    if isinstance(node, (Repeat, For)) and not node.body.nodes:
        return
    if isinstance(node, If) and not node.body.nodes:
        if node.otherwise.nodes:
            yield If(negation(node.condition), node.otherwise, node.body)
        return
    yield node


# --- the plan ------------------------------------------------------------------------------------


def _plan(networks: Sequence[Network], defined: Defined) -> Plan:
    """What can be changed in all of these definitions."""
    definitions = [*defined.blocks, *defined.networks.values()]
    bodies = [_each_body(each.body, _without_heads) for each in definitions]
    plan = _with_eps(_Norms(bodies).plan(), networks, defined)
    changed = [_silent(_folded(body, plan)) for body in bodies]
    return plan._replace(omitted=_omissible(changed))


def _with_eps(plan: Plan, networks: Sequence[Network], defined: Defined) -> Plan:
    """The plan with the pairs alone that have the most common eps of each network.

    None is left whose eps who makes the network can still choose.
    """
    chosen = _Chosen(plan)
    for network in networks:
        free = chosen.of(defined.networks[network.name])
        if free & {*network.parameters} or not free <= network.values.keys():
            plan = plan._replace(folded=plan.folded - chosen.pairs)
    for network in networks:
        found = [(layer, norm) for layer, _, norm in folded_layers(network, plan).values()]
        common = Counter(_eps(norm) for _, norm in found).most_common(1)
        others = {
            (layer.at.span, norm.at.span) for layer, norm in found if _eps(norm) != common[0][0]
        }
        plan = plan._replace(folded=plan.folded - others)
    eps = {
        network.name: _eps(norm)
        for network in networks
        for _, _, norm in folded_layers(network, plan).values()
    }
    return plan._replace(eps=eps)


def _eps(norm: ir.Layer) -> float:
    assert isinstance(norm.op, BatchNorm)
    return norm.op.eps


class _Chosen:
    """The names that decide the eps of folded norms; ``pairs`` are those that any decides."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.pairs: set[Pair] = set()
        self.known: dict[int, set[str]] = {}

    def of(self, definition: Definition) -> set[str]:
        """The names in a definition, those that uses pass on included."""
        if id(definition) not in self.known:
            self.known[id(definition)] = set().union(*self._names(definition))
        return self.known[id(definition)]

    def _names(self, definition: Definition) -> Iterator[Collection[str]]:
        for node in nodes(definition.body):
            if isinstance(node, Use):
                yield from (names(node.arguments[name]) for name in self.of(node.callee))
        for body in _all_bodies(definition.body):
            for _, layer, _, norm in _pairs(body):
                pair = (layer.at.span, norm.at.span)
                own = names(norm.op.__dict__["eps"])
                if own and pair in self.plan.folded:
                    self.pairs.add(pair)
                    yield own


def _all_bodies(body: Body) -> Iterator[Body]:
    for namespace in _namespaces(body):
        yield from _bodies(namespace.body)


class Namespace(NamedTuple):
    """What is named together: the names that are read again, and those that are applied again."""

    body: Body
    read: frozenset[str]
    applied: frozenset[str]


def _namespaces(body: Body, exports: Iterable[str] = ()) -> Iterator[Namespace]:
    """A body, and the groups in it, which have names of their own."""
    yield Namespace(body, labels_read(body).union(exports), labels_applied(body))
    for inner in _bodies(body):
        for node in inner.nodes:
            for each in (node, *beside(node)):
                if isinstance(each, Group):
                    yield from _namespaces(each.body, each.exports)


def _bodies(body: Body) -> Iterator[Body]:
    """A body and those in it whose items are named with its own."""
    yield body
    for node in body.nodes:
        if not isinstance(node, Group):
            for part in parts(node):
                yield from _bodies(part)


class _Norms:
    """Which batch norms the layers before them take in, in all definitions."""

    def __init__(self, bodies: Sequence[Body]) -> None:
        self.folded: dict[Pair, None] = {}
        self.refused: set[Pair] = set()
        self.layers: dict[str, str] = {}
        for body in bodies:
            for namespace in _namespaces(body):
                for inner in _bodies(namespace.body):
                    self._decide(inner, namespace)

    def plan(self) -> Plan:
        """What is folded; a pair that one definition refuses is folded in none."""
        pairs = frozenset(self.folded) - self.refused
        return Plan(pairs, layers=self.layers)

    def _decide(self, body: Body, namespace: Namespace) -> None:
        for _, layer, _, norm in _pairs(body):
            if self._fits(layer, norm, namespace):
                self.folded[layer.at.span, norm.at.span] = None
            else:
                self.refused.add((layer.at.span, norm.at.span))

    def _fits(self, layer: Layer, norm: Layer, namespace: Namespace) -> bool:
        """Whether the norm can be folded, and its weights be found by its name."""
        if not takes_norm(layer.op):
            return False
        if label_of(layer) in namespace.read | namespace.applied - {""}:
            return False
        if label_of(norm) in namespace.applied:
            return False
        return namespace.body.numbered or self._named(layer, norm)

    def _named(self, layer: Layer, norm: Layer) -> bool:
        """Whether the name of the norm says which layer has it, everywhere in the file."""
        for name in (layer.name, norm.name):
            if name.looped or name.position is not None or name.text.isdigit():
                return False
        own, its = layer.name.text, norm.name.text
        if self.layers.get(its, own) != own or (
            own in self.layers.values() and its not in self.layers
        ):
            return False
        self.layers[its] = own
        return True


def _omissible(bodies: Iterable[Body]) -> frozenset[Span]:
    """The places of identities that no definition needs for the sake of a name."""
    found: dict[Span, bool] = {}
    for body in bodies:
        for namespace in _namespaces(body):
            needed = _needed_by_number if namespace.body.numbered else _needed_by_name
            for node, is_needed in needed(namespace):
                span = node.at.span
                found[span] = found.get(span, True) and not is_needed
    return frozenset(span for span, may_go in found.items() if may_go)


def _needed_by_name(namespace: Namespace) -> Iterator[tuple[Layer, bool]]:
    """The identities of a namespace, and whether a label or an empty body needs them."""

    def visit(body: Body, *, is_empty: bool) -> Iterator[tuple[Layer, bool]]:
        for node in body.nodes:
            if _is_identity(node):
                yield node, is_empty or label_of(node) in namespace.read | namespace.applied
            elif not isinstance(node, Group):
                for part in parts(node):
                    kept = is_empty if isinstance(node, CONTROL) else not _has_items(part)
                    yield from visit(part, is_empty=kept)

    yield from visit(namespace.body, is_empty=not _has_items(namespace.body))


def _has_items(body: Body) -> bool:
    """Whether something is left of a body without its identities, whatever loops do in it."""
    return any(
        not _is_identity(node) and not isinstance(node, (Let, *CONTROL)) for node in body.nodes
    )


def _needed_by_number(namespace: Namespace) -> Iterator[tuple[Layer, bool]]:
    """The identities of a numbered body, and whether weights come after them in it."""
    is_followed = not _has_items(namespace.body)
    for node in reversed(namespace.body.nodes):
        inside = [node] if not isinstance(node, CONTROL) else list(within(node))
        is_followed = is_followed or not all(map(_has_no_weights, inside))
        yield from ((each, is_followed) for each in inside if _is_identity(each))
        yield from ((each, True) for each in _in_regions(node))


def _in_regions(node: Node) -> Iterator[Layer]:
    """The identities in a region of a numbered body, which have numbers of it."""
    if not isinstance(node, (Layer, Group, *CONTROL)):
        bodies = (inner for part in parts(node) for inner in _bodies(part))
        yield from (each for inner in bodies for each in inner.nodes if _is_identity(each))


def _has_no_weights(node: Node) -> bool:
    """Whether nothing in a node itself has weights, or a number that weights could follow."""
    if isinstance(node, Layer):
        return type(node.op).weights is Op.weights
    return isinstance(node, (Let, *CONTROL))


__all__ = ["Inference", "infer"]
