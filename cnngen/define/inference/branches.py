"""Which layers of definitions that stand side by side, and are added, become one convolution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod

from cnngen.define.inference.bodies import bodies, namespaces, places
from cnngen.define.inference.rule import File, Rule
from cnngen.define.inference.sums import Run, runs
from cnngen.definition import Body, If, Layer, Node, nodes
from cnngen.ir import Network
from cnngen.ops import BatchNorm, Conv
from cnngen.passes.inference import Plan
from cnngen.passes.inference.branches import MERGE_BRANCHES, fits_beside, is_centred
from cnngen.passes.inference.norms import with_bias
from cnngen.passes.inference.plan import Merge
from cnngen.record import NamedTuple
from cnngen.source import Span


class Found(NamedTuple):
    """A sum that becomes one convolution, and the norms in it."""

    merge: Merge
    norms: tuple[BatchNorm, ...]


def _decide(file: File, plan: Plan) -> Plan:
    """The plan with the sums that all definitions and all networks agree to."""
    every = [dict(_found(body)) for body in file.bodies]
    merges: dict[Span, Found] = {}
    for span, found in {span: each for own in every for span, each in own.items()}.items():
        pairs = zip(every, file.bodies, strict=True)
        agree = all(_agrees(found.merge, own, body) for own, body in pairs)
        before = [each.merge for each in merges.values()]
        told = all(map(file.endings.tell, (found.merge.path, *found.merge.paths)))
        if agree and told and _is_told_apart(found.merge, before, plan):
            merges[span] = found
    eps = dict(plan.eps)
    for network in file.networks:
        _decide_eps(network, file, merges, eps)
    return plan._replace(merged={span: found.merge for span, found in merges.items()}, eps=eps)


def _found(definition: Body) -> Iterator[tuple[Span, Found]]:
    """The sums of a definition, of those from one place the longest, by their convolution."""
    for namespace in namespaces(definition):
        for body in bodies(namespace.body):
            for each in runs(body, namespace):
                found = [made for made in map(_merge, each) if made is not None]
                yield from ((made.merge.conv, made) for made in found[-1:])


def _agrees(merge: Merge, own: Mapping[Span, Found], definition: Body) -> bool:
    """Whether a definition has the same sum, or nothing of it."""
    if merge.conv in own:
        return own[merge.conv].merge == merge
    return {merge.conv, *merge.gone}.isdisjoint(places(nodes(definition)))


def _is_told_apart(merge: Merge, others: Iterable[Merge], plan: Plan) -> bool:
    """Whether it has nothing of others, and names say what is part of what, in the whole file."""
    # A norm of such a name goes elsewhere: with a number, into the layer before it in a sequence.
    named = {*plan.layers, *plan.layers_ahead, *plan.firsts}
    if any(path in named or path.isdigit() for path in merge.paths):
        return False
    return all(
        {merge.conv, *merge.gone}.isdisjoint({other.conv, *other.gone})
        and (
            (other.path, other.paths, other.input) == (merge.path, merge.paths, merge.input)
            or {merge.path, *merge.paths}.isdisjoint({other.path, *other.paths})
        )
        for other in others
    )


def _decide_eps(
    network: Network, file: File, merges: dict[Span, Found], eps: dict[str, float]
) -> None:
    """Note what norms of a network add to the variance, and leave out sums that add another."""
    for definition in file.definitions(network):
        for span in places(nodes(definition.body)):
            for norm in merges[span].norms if span in merges else ():
                if eps.setdefault(network.name, norm.eps) != norm.eps:
                    merges.pop(span, None)


def _merge(run: Run) -> Found | None:
    """What becomes of a sum; None where it stays one."""
    branches, inputs = run.sum
    convs = [(each, each.layer.op) for each in branches if type(each.layer.op) is Conv]
    able = [(each, op) for each, op in convs if each.is_certain and is_centred(op)]
    if not able or inputs > 1:
        return None
    conv, op = max(able, key=lambda pair: prod(pair[1].kernel))
    others = [each for each in branches if each is not conv]
    norms = tuple(each.layer.op for each in others if isinstance(each.layer.op, BatchNorm))
    fit = all(fits_beside(each.layer.op, op) for each in others)
    known = all(type(norm.eps) is float for norm in norms)
    if not fit or not known or not any(each.is_certain for each in others):
        return None
    merge = Merge(
        conv.layer.at.span,
        tuple(each.layer.at.span for each in others),
        bool(inputs),
        run.spans - {conv.node.at.span},
        conv.path,
        tuple(each.path for each in others),
    )
    return Found(merge, norms)


def _merged(body: Body, plan: Plan) -> Body:
    """The body with one convolution in place of each sum of the plan."""
    gone = frozenset(span for merge in plan.merged.values() for span in merge.gone)
    kept = (node for node in body.nodes if not _is_gone(node, gone))
    return body._replace(nodes=tuple(_taking(node, plan) for node in kept))


def _is_gone(node: Node, gone: frozenset[Span]) -> bool:
    if isinstance(node, If):
        return not node.body.nodes and not node.otherwise.nodes
    return not gone.isdisjoint(places([node]))


def _taking(node: Node, plan: Plan) -> Node:
    is_conv = isinstance(node, Layer) and node.at.span in plan.merged
    made: Node = with_bias(node) if is_conv else node
    return made


RULE = Rule(MERGE_BRANCHES, _decide, _merged)
