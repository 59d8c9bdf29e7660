"""Definitions and networks in their form for inference, changed at the same places.

A definition stands for all of its uses, so it decides what is changed: a batch norm is folded where
the definition has it right after the layer that takes it in, whatever its parameters are. Each file
here is what a pass of :mod:`cnngen.passes.inference` is for definitions.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from cnngen.define import Defined, callees, networks_held
from cnngen.define.inference import (
    branches,
    identities,
    noise,
    norms,
    pools,
    sequences,
    side_heads,
)
from cnngen.define.inference.bodies import each_body
from cnngen.define.inference.endings import Endings
from cnngen.define.inference.rule import File, Rule
from cnngen.define.overwriting import overwrite
from cnngen.define.registry import Registry
from cnngen.definition import Body, Definition, Node, Use
from cnngen.ir import Network
from cnngen.passes.inference import Plan, for_inference
from cnngen.record import NamedTuple

RULES: tuple[Rule, ...] = (
    side_heads.RULE,
    norms.RULE,
    noise.RULE,
    sequences.RULE,
    branches.RULE,
    identities.RULE,
    pools.RULE,
)
"""In the order of :data:`cnngen.passes.inference.PASSES`."""


class Inference(NamedTuple):
    """The networks of a file for inference, and their definitions."""

    networks: tuple[Network, ...]
    defined: Defined


def infer(networks: Sequence[Network], defined: Defined, passes: frozenset[str]) -> Inference:
    """The networks of a file and their definitions after the passes of these names.

    Raises:
        HeldError: the two are not the same network any more; a fault of cnngen.
    """
    return _inferred(networks, defined, _plan(networks, defined, Plan(passes)))


def _plan(networks: Sequence[Network], defined: Defined, plan: Plan) -> Plan:
    """What can be changed in all of these definitions."""
    bodies = [each.body for each in (*defined.blocks, *defined.networks.values())]
    endings = Endings(bodies)
    for rule in _rules(plan):
        plan = rule.decide(File(networks, bodies, defined, endings), plan)
        networks = [rule.of.change(network, plan) for network in networks]
        bodies = [_changed(body, rule, plan) for body in bodies]
    return plan


def _rules(plan: Plan) -> list[Rule]:
    return [rule for rule in RULES if rule.of.name in plan.passes]


def _changed(body: Body, rule: Rule, plan: Plan) -> Body:
    return each_body(body, lambda inner: rule.change(inner, plan))


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
            body = each_body(definition.body, lambda each: each, self._use)
            for rule in _rules(self.plan):
                body = _changed(body, rule, self.plan)
            made.body, made.overwritable = overwrite(body)
            self.registry.add_form(made, definition)
            self.made[id(definition)] = (definition, made)
        return self.made[id(definition)][1]

    def _use(self, node: Node) -> Node:
        return node._replace(callee=self(node.callee)) if isinstance(node, Use) else node


__all__ = ["RULES", "Inference", "infer"]
