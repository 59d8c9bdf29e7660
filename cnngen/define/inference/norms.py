"""Which batch norms of definitions the layers beside them take in."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.define.inference.ahead import with_ahead
from cnngen.define.inference.bodies import Namespace, bodies, is_own_name, namespaces
from cnngen.define.inference.eps import with_eps
from cnngen.define.inference.meetings import Meeting, meetings, ways
from cnngen.define.inference.rule import File, Rule
from cnngen.definition import Body, If, Layer, Name, Node, label_of, nodes
from cnngen.definition import names as names_of
from cnngen.expressions import operation
from cnngen.ops import Identity
from cnngen.passes.inference import Plan
from cnngen.passes.inference.norms import FOLD_NORMS, takes_norm, with_bias
from cnngen.passes.inference.plan import Pair


def _decide(file: File, plan: Plan) -> Plan:
    found = _Norms(file)
    folded = frozenset(found.folded) - found.refused  # what one definition refuses, none folds
    made = with_ahead(plan._replace(folded=folded, layers=found.layers), file)
    return with_eps(made, file)


class _Norms:
    """Which batch norms the layers before them take in, in all definitions."""

    def __init__(self, file: File) -> None:
        self.folded: dict[Pair, None] = {}
        self.refused: set[Pair] = set()
        self.layers: dict[str, str] = {}
        self.norms: dict[str, str] = {}
        every = [name for body in file.bodies for name in _names_of_bodies(body)]
        self.may_loop = all(name.position is None for name in every)
        self.bodies = {name.text for name in every}
        for definition in file.bodies:
            for namespace in namespaces(definition):
                for body in bodies(namespace.body):
                    self._decide(body, namespace)

    def _decide(self, body: Body, namespace: Namespace) -> None:
        for met in meetings(body):
            if not met.ahead:
                if self._fits(met, namespace):
                    self.folded[met.pair] = None
                else:
                    self.refused.add(met.pair)

    def _fits(self, met: Meeting, namespace: Namespace) -> bool:
        """Whether the norm can be folded, and its weights be found by its name."""
        if not takes_norm(met.layer.op):
            return False
        if label_of(met.layer) in namespace.read | namespace.applied - {""}:
            return False
        if label_of(met.norm) in namespace.applied:
            return False
        return namespace.body.numbered or self._named(met)

    def _named(self, met: Meeting) -> bool:
        """Whether the name of the norm says which layer has it, everywhere in the file."""
        names_ = (met.layer.name, met.norm.name)
        if not all(map(is_own_name, names_)):
            return False
        if any(name.looped for name in names_) and not self._turns_agree(met):
            return False
        own, its = map(_in_each_turn, names_)
        if (self.layers.get(its, own), self.norms.get(own, its)) != (own, its):
            return False
        self.layers[its] = own
        self.norms[own] = its
        return True

    def _turns_agree(self, met: Meeting) -> bool:
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


def _with_norms(body: Body, plan: Plan) -> Body:
    """The body with the identity in place of norms that the layer beside them takes in."""
    made = list(body.nodes)
    for met in meetings(body):
        if met.pair in plan.folded | plan.ahead:
            layer = made[met.place]
            assert isinstance(layer, Layer)
            bias = operation("or", layer.op.__dict__["bias"], met.condition)
            made[met.place] = with_bias(layer, bias)
            made[met.beside] = _without(made[met.beside], met.norm)
    return body._replace(nodes=tuple(made))


def _without(node: Node, norm: Layer) -> Node:
    """A node that is a norm, or may begin with it, with the identity in its place."""
    if isinstance(node, If):
        first, second = (
            way._replace(nodes=tuple(_without(each, norm) for each in way.nodes))
            for way, _ in ways(node)
        )
        return node._replace(body=first, otherwise=second)
    return norm._replace(op=Identity()) if node is norm else node


RULE = Rule(FOLD_NORMS, _decide, _with_norms)
