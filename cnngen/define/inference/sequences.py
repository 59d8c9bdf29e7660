"""Which layers of definitions become one with the layer that follows them."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.define.inference.bodies import Namespace, bodies, is_own_name, namespaces
from cnngen.define.inference.rule import File, Rule
from cnngen.definition import Body, Layer, label_of
from cnngen.expressions import are_constant
from cnngen.ir import Layer as IrLayer
from cnngen.ops import Conv, Op
from cnngen.passes.inference import Plan
from cnngen.passes.inference.plan import Pair
from cnngen.passes.inference.sequences import (
    MERGE_LAYERS,
    merge_pairs,
    merged,
    past_identities,
    saves_work,
    sites,
)
from cnngen.source import Span


def _decide(file: File, plan: Plan) -> Plan:
    found = _Pairs(file)
    return plan._replace(sequences=frozenset(found.fits) - found.refused, firsts=found.firsts)


class _Pairs:
    """Those of all definitions, each layer in one at most."""

    def __init__(self, file: File) -> None:
        self.endings = file.endings
        self.worth = dict(_worth(file))
        self.fits: dict[Pair, None] = {}
        self.refused: set[Pair] = set()
        self.pairs: dict[Span, Pair] = {}
        self.firsts: dict[str, str] = {}
        self.names: set[str] = set()
        for definition in file.bodies:
            for namespace in namespaces(definition):
                for body in bodies(namespace.body):
                    self._decide(body, namespace)

    def _decide(self, body: Body, namespace: Namespace) -> None:
        for place, behind in past_identities(body.nodes):
            first, second = body.nodes[place], body.nodes[behind]
            if isinstance(first, Layer) and isinstance(second, Layer):
                pair = (first.at.span, second.at.span)
                between = {label_of(each) for each in body.nodes[place:behind]}
                needed = (namespace.read & between) | (
                    namespace.applied & {*between, label_of(second)}
                )
                if not needed - {""} and self._fits(first, second, pair, namespace):
                    self.fits[pair] = None
                else:
                    self.refused.add(pair)

    def _fits(self, first: Layer, second: Layer, pair: Pair, namespace: Namespace) -> bool:
        """Whether both can be one, and their weights be found by their names."""
        known = _is_known(first.op) and _is_known(second.op)
        if not known or merged(first.op, second.op) is None or not self.worth.get(pair):
            return False
        if not self._is_apart(pair):
            return False
        return not namespace.body.numbered and self._named(first, second)

    def _is_apart(self, pair: Pair) -> bool:
        """Whether neither is part of another pair."""
        return all(self.pairs.setdefault(span, pair) == pair for span in pair)

    def _named(self, first: Layer, second: Layer) -> bool:
        """Whether the name of the second says which layer it is part of, everywhere in the file."""
        if first.name.looped or second.name.looped:
            return False
        if not (is_own_name(first.name) and is_own_name(second.name)):
            return False
        own, its = first.name.text, second.name.text
        if not self.endings.tell(its):
            return False
        if self.names.isdisjoint((own, its)):
            self.firsts[its] = own
            self.names.update((own, its))
        return self.firsts.get(its) == own


def _worth(file: File) -> Iterator[tuple[Pair, bool]]:
    """The pairs that networks have, and whether one layer is less work each time."""
    found: dict[Pair, bool] = {}
    for network in file.networks:
        for site in sites(network, _can_be_one):
            pair = (site.first.at.span, site.second.at.span)
            found[pair] = found.get(pair, True) and saves_work(site.first, site.second)
    return iter(found.items())


def _can_be_one(first: IrLayer, second: IrLayer) -> bool:
    return merged(first.op, second.op) is not None


def _is_known(op: Op) -> bool:
    """Whether values decide nothing about how the window moves."""
    if not isinstance(op, Conv):
        return True
    windows = (op.kernel, op.stride, op.pad, op.pad_after, op.dilation, (op.groups,))
    return all(are_constant(each if type(each) is tuple else (each,)) for each in windows)


def _merged(body: Body, plan: Plan) -> Body:
    return body._replace(nodes=merge_pairs(body.nodes, plan))


RULE = Rule(MERGE_LAYERS, _decide, _merged)
