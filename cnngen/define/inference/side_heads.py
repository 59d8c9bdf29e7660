"""Side heads left out of definitions."""

from __future__ import annotations

from cnngen.define.inference.rule import File, Rule
from cnngen.definition import Body, Group, Layer, Node, SideHead
from cnngen.ir import heads_in
from cnngen.ops import Identity
from cnngen.passes.inference import Plan
from cnngen.passes.inference.side_heads import DROP_SIDE_HEADS


def _decide(file: File, plan: Plan) -> Plan:
    heads = (path for network in file.networks for path, _ in heads_in(network.body))
    return plan._replace(side_heads=tuple(dict.fromkeys(heads)))


def _without_heads(body: Body, _: Plan) -> Body:
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


RULE = Rule(DROP_SIDE_HEADS, _decide, _without_heads)
