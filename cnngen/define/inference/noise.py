"""Layers of definitions that draw at random: in evaluation they are the identity."""

from __future__ import annotations

from cnngen.define.inference.rule import Rule, nothing_to_decide
from cnngen.definition import Body, Layer, Node
from cnngen.ops import Identity
from cnngen.passes.inference import Plan
from cnngen.passes.inference.noise import DROP_NOISE


def _without_noise(body: Body, _: Plan) -> Body:
    return body._replace(nodes=tuple(map(_silent, body.nodes)))


def _silent(node: Node) -> Node:
    if isinstance(node, Layer) and node.op.draws:
        return node._replace(op=Identity())
    return node


RULE = Rule(DROP_NOISE, nothing_to_decide, _without_noise)
