"""What folded batch norms add to the variance: one number in each network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from cnngen.define.inference.meetings import all_meetings
from cnngen.define.inference.rule import File
from cnngen.definition import Definition, Use, nodes
from cnngen.expressions import names
from cnngen.ir import Network
from cnngen.ops import BatchNorm
from cnngen.passes.inference import Plan, folds
from cnngen.passes.inference.plan import Pair


def with_eps(plan: Plan, file: File) -> Plan:
    """The plan with the pairs alone that have the most common eps of each network.

    None is left whose eps who makes the network can still choose.
    """
    chosen = _Chosen(plan)
    for network in file.networks:
        free = chosen.of(file.defined.networks[network.name])
        if free & {*network.parameters} or not free <= network.values.keys():
            plan = _without(plan, chosen.pairs)
    for network in file.networks:
        found = list(_added(network, file, plan))
        common = Counter(eps for _, eps in found if eps is not None).most_common(1)
        others = {pair for pair, eps in found if not common or eps != common[0][0]}
        plan = _without(plan, others)
    eps = {
        network.name: added
        for network in file.networks
        for _, added in _added(network, file, plan)
        if added is not None
    }
    return plan._replace(eps=eps)


def _without(plan: Plan, pairs: Collection[Pair]) -> Plan:
    return plan._replace(folded=plan.folded.difference(pairs), ahead=plan.ahead.difference(pairs))


def _added(network: Network, file: File, plan: Plan) -> Iterator[tuple[Pair, float | None]]:
    """What folded norms of a network add to the variance, where a value says it.

    Those in a way that is not taken as well: who makes the network can take it.
    """
    taken = set()
    for fold in folds(network, plan):
        assert isinstance(fold.norm.op, BatchNorm)
        taken.add(fold.pair)
        yield fold.pair, fold.norm.op.eps
    for definition in file.definitions(network):
        for met in all_meetings(definition.body):
            if met.pair in (plan.folded | plan.ahead) - taken:
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
        for met in all_meetings(definition.body):
            own = names(met.norm.op.__dict__["eps"])
            if own and met.pair in self.plan.folded | self.plan.ahead:
                self.pairs.add(met.pair)
                yield own
