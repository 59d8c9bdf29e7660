"""Which batch norms of definitions the layers before them take in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TypeGuard

from cnngen.define.inference.bodies import Namespace, bodies, namespaces, neighbours
from cnngen.define.inference.rule import File, Rule
from cnngen.definition import Body, Definition, If, Layer, Name, Node, Use, label_of, nodes
from cnngen.definition import names as names_of
from cnngen.expressions import Expression, names, negation, operation
from cnngen.ir import Network
from cnngen.ops import BatchNorm, Identity
from cnngen.passes.inference import Plan
from cnngen.passes.inference.norms import FOLD_NORMS, folded_layers, takes_norm, with_bias
from cnngen.passes.inference.plan import Pair
from cnngen.record import NamedTuple


def _decide(file: File, plan: Plan) -> Plan:
    found = _Norms(file.bodies)
    folded = frozenset(found.folded) - found.refused  # what one definition refuses, none folds
    return _with_eps(plan._replace(folded=folded, layers=found.layers), file)


class _Norms:
    """Which batch norms the layers before them take in, in all definitions."""

    def __init__(self, definitions: Sequence[Body]) -> None:
        self.folded: dict[Pair, None] = {}
        self.refused: set[Pair] = set()
        self.layers: dict[str, str] = {}
        every = [name for body in definitions for name in _names_of_bodies(body)]
        self.may_loop = all(name.position is None for name in every)
        self.bodies = {name.text for name in every}
        for body in definitions:
            for namespace in namespaces(body):
                for inner in bodies(namespace.body):
                    self._decide(inner, namespace)

    def _decide(self, body: Body, namespace: Namespace) -> None:
        for met in _meetings(body):
            if self._fits(met, namespace):
                self.folded[met.pair] = None
            else:
                self.refused.add(met.pair)

    def _fits(self, met: _Meeting, namespace: Namespace) -> bool:
        """Whether the norm can be folded, and its weights be found by its name."""
        if not takes_norm(met.layer.op):
            return False
        if label_of(met.layer) in namespace.read | namespace.applied - {""}:
            return False
        if label_of(met.norm) in namespace.applied:
            return False
        return namespace.body.numbered or self._named(met)

    def _named(self, met: _Meeting) -> bool:
        """Whether the name of the norm says which layer has it, everywhere in the file."""
        names_ = (met.layer.name, met.norm.name)
        if any(name.position is not None or name.text.isdigit() for name in names_):
            return False
        if any(name.looped for name in names_) and not self._turns_agree(met):
            return False
        own, its = map(_in_each_turn, names_)
        if self.layers.get(its, own) != own or (
            own in self.layers.values() and its not in self.layers
        ):
            return False
        self.layers[its] = own
        return True

    def _turns_agree(self, met: _Meeting) -> bool:
        """Whether both are made in each turn of a loop, and nothing else has numbers there."""
        is_free = self.may_loop and met.norm.name.text not in self.bodies
        return is_free and met.condition is True


def _in_each_turn(name: Name) -> str:
    """What an item is called, or those of all turns of a loop."""
    return f"{name.text}.*" if name.looped else name.text


def _names_of_bodies(body: Body) -> Iterator[Name]:
    """What is called something and has items of its own, which may have numbers."""
    for node in nodes(body):
        if not isinstance(node, Layer):
            yield from names_of(node)


def _with_eps(plan: Plan, file: File) -> Plan:
    """The plan with the pairs alone that have the most common eps of each network.

    None is left whose eps who makes the network can still choose.
    """
    chosen = _Chosen(plan)
    for network in file.networks:
        free = chosen.of(file.defined.networks[network.name])
        if free & {*network.parameters} or not free <= network.values.keys():
            plan = plan._replace(folded=plan.folded - chosen.pairs)
    for network in file.networks:
        found = list(_added(network, file, plan))
        common = Counter(eps for _, eps in found if eps is not None).most_common(1)
        others = {pair for pair, eps in found if not common or eps != common[0][0]}
        plan = plan._replace(folded=plan.folded - others)
    eps = {
        network.name: added
        for network in file.networks
        for _, added in _added(network, file, plan)
        if added is not None
    }
    return plan._replace(eps=eps)


def _added(network: Network, file: File, plan: Plan) -> Iterator[tuple[Pair, float | None]]:
    """What folded norms of a network add to the variance, where a value says it.

    Those in a way that is not taken as well: who makes the network can take it.
    """
    taken = set()
    for layer, _, norm in folded_layers(network, plan).values():
        assert isinstance(norm.op, BatchNorm)
        taken.add((layer.at.span, norm.at.span))
        yield (layer.at.span, norm.at.span), norm.op.eps
    for definition in file.definitions(network):
        for body in _all_bodies(definition.body):
            for met in _meetings(body):
                if met.pair in plan.folded - taken:
                    eps = met.norm.op.__dict__["eps"]
                    yield met.pair, eps if type(eps) is float else None


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
            for met in _meetings(body):
                own = names(met.norm.op.__dict__["eps"])
                if own and met.pair in self.plan.folded:
                    self.pairs.add(met.pair)
                    yield own


def _all_bodies(body: Body) -> Iterator[Body]:
    for namespace in namespaces(body):
        yield from bodies(namespace.body)


class _Meeting(NamedTuple):
    """A layer, and a batch norm that follows it directly where a condition holds."""

    place: int
    layer: Layer
    after: int
    norm: Layer
    condition: Expression

    @property
    def pair(self) -> Pair:
        """Where the two are in the source."""
        return self.layer.at.span, self.norm.at.span


def _meetings(body: Body) -> Iterator[_Meeting]:
    """The layers of a body that a batch norm may follow directly, with each that may."""
    for place, layer, after, node in neighbours(body):
        # What is computed between the two may be what a condition reads.
        if isinstance(layer, Layer) and (after == place + 1 or not isinstance(node, If)):
            for norm, condition in _first_norms(node):
                yield _Meeting(place, layer, after, norm, condition)


def _first_norms(node: Node) -> Iterator[tuple[Layer, Expression]]:
    """The batch norms that a node begins with, each with the condition for it."""
    if isinstance(node, If):
        for way, condition in _ways(node):
            yield from ((each, condition) for each in way.nodes[:1] if _is_norm(each))
    elif _is_norm(node):
        yield node, True


def _ways(node: If) -> tuple[tuple[Body, Expression], tuple[Body, Expression]]:
    return (node.body, node.condition), (node.otherwise, negation(node.condition))


def _is_norm(node: Node) -> TypeGuard[Layer]:
    return isinstance(node, Layer) and type(node.op) is BatchNorm


def _with_norms(body: Body, plan: Plan) -> Body:
    """The body with the identity in place of norms that the layer before them takes in."""
    made = list(body.nodes)
    for met in _meetings(body):
        if met.pair in plan.folded:
            layer = made[met.place]
            assert isinstance(layer, Layer)
            bias = operation("or", layer.op.__dict__["bias"], met.condition)
            made[met.place] = with_bias(layer, bias)
            made[met.after] = _without(made[met.after], met.norm)
    return body._replace(nodes=tuple(made))


def _without(node: Node, norm: Layer) -> Node:
    """A node that is a norm, or may begin with it, with the identity in its place."""
    if isinstance(node, If):
        first, second = (
            way._replace(nodes=tuple(_without(each, norm) for each in way.nodes))
            for way, _ in _ways(node)
        )
        return node._replace(body=first, otherwise=second)
    return norm._replace(op=Identity()) if node is norm else node


RULE = Rule(FOLD_NORMS, _decide, _with_norms)
