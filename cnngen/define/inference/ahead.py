"""Which batch norms of definitions the layers after them take in: those that none before does."""

from __future__ import annotations

from cnngen.define.inference.bodies import Namespace, bodies, is_own_name, namespaces
from cnngen.define.inference.meetings import Meeting, meetings
from cnngen.define.inference.rule import File
from cnngen.definition import Body, Name, label_of
from cnngen.passes.inference import Plan
from cnngen.passes.inference.norms import takes_norm_ahead
from cnngen.passes.inference.plan import Pair


def with_ahead(plan: Plan, file: File) -> Plan:
    """The plan with the norms that become part of the layer after them."""
    found = _Ahead(plan, file)
    for definition in file.bodies:
        for namespace in namespaces(definition):
            for body in bodies(namespace.body):
                found.look(body, namespace)
    ahead = frozenset(found.folded) - found.refused
    return plan._replace(ahead=ahead, layers_ahead=found.layers)


class _Ahead:
    """Those of all definitions, beside what the plan folds already."""

    def __init__(self, plan: Plan, file: File) -> None:
        self.before = plan.layers
        self.taken = {norm for _, norm in plan.folded}
        self.endings = file.endings
        self.folded: dict[Pair, None] = {}
        self.refused: set[Pair] = set()
        self.layers: dict[str, str] = {}
        self.norms: dict[str, str] = {}

    def look(self, body: Body, namespace: Namespace) -> None:
        """See what a body has."""
        for met in meetings(body):
            if met.ahead and met.norm.at.span not in self.taken:
                if self._fits(met, namespace):
                    self.folded[met.pair] = None
                else:
                    self.refused.add(met.pair)

    def _fits(self, met: Meeting, namespace: Namespace) -> bool:
        """Whether the norm can be folded, and its weights be found by its name."""
        if not takes_norm_ahead(met.layer.op) or label_of(met.norm) in namespace.read:
            return False
        if not {label_of(met.norm), label_of(met.layer)}.isdisjoint(namespace.applied - {""}):
            return False
        return not namespace.body.numbered and self._named(met.norm.name, met.layer.name)

    def _named(self, norm: Name, layer: Name) -> bool:
        """Whether the name of the norm says which layer has it, everywhere in the file."""
        if norm.looped or layer.looped or norm.text in self.before:
            return False
        if not all(map(is_own_name, (norm, layer))):
            return False
        if not self.endings.tell(norm.text):
            return False
        known = (self.layers.get(norm.text, layer.text), self.norms.get(layer.text, norm.text))
        if known != (layer.text, norm.text):
            return False
        self.layers[norm.text] = layer.text
        self.norms[layer.text] = norm.text
        return True
