"""1x1 convolutions of definitions behind the average pool that follows them."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.define.inference.bodies import Namespace, bodies, namespaces, neighbours
from cnngen.define.inference.rule import File, Rule
from cnngen.definition import Body, Layer, Node, label_of
from cnngen.expressions import are_constant
from cnngen.passes.inference import Plan
from cnngen.passes.inference.plan import Pair
from cnngen.passes.inference.pools import POOL_FIRST, goes_behind, pool_then_conv


def _decide(file: File, plan: Plan) -> Plan:
    """The plan with what all definitions that have it agree to."""
    found: dict[Pair, bool] = {}
    for body in file.bodies:
        for namespace in namespaces(body):
            for pair, fits in _decided(namespace):
                found[pair] = found.get(pair, True) and fits
    return plan._replace(pooled=frozenset(pair for pair, fits in found.items() if fits))


def _decided(namespace: Namespace) -> Iterator[tuple[Pair, bool]]:
    """Layers that follow each other, and whether the second may come first under its name."""
    needed = namespace.read | namespace.applied
    for body in bodies(namespace.body):
        for place, conv, after, pool in _pairs(body):
            is_free = not body.numbered and {label_of(conv), label_of(pool)}.isdisjoint(needed)
            if after > place + 1:  # the pool may read what is computed between
                is_free = is_free and are_constant(pool.op.__dict__.values())
            yield (conv.at.span, pool.at.span), is_free and goes_behind(conv.op, pool.op)


def _pools_first(body: Body, plan: Plan) -> Body:
    """The body with each pool of the plan right before the convolution that it followed."""
    made: list[Node] = list(body.nodes)
    for place, conv, after, pool in _pairs(body):
        if (conv.at.span, pool.at.span) in plan.pooled:
            made[place : after + 1] = [*pool_then_conv(conv, pool), *made[place + 1 : after]]
    return body._replace(nodes=tuple(made))


def _pairs(body: Body) -> Iterator[tuple[int, Layer, int, Layer]]:
    for place, layer, after, following in neighbours(body):
        if isinstance(layer, Layer) and isinstance(following, Layer):
            yield place, layer, after, following


RULE = Rule(POOL_FIRST, _decide, _pools_first)
