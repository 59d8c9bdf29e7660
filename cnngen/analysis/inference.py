"""What is changed for inference and what that saves, as notes at the places in the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cnngen.analysis.cost import mac_count, parameter_count
from cnngen.diagnostics import Code, Diagnostic, codes
from cnngen.diagnostics.render import counted
from cnngen.ir import Network, layers
from cnngen.ops import BatchNorm
from cnngen.passes.inference import Plan, passes
from cnngen.passes.inference.norms import FOLD_NORMS
from cnngen.passes.inference.plan import Told
from cnngen.passes.inference.side_heads import drop_side_heads


def inference_notes(network: Network, plan: Plan) -> Iterator[Diagnostic]:
    """Notes on a network and on what it is for inference: each place once, with how often.

    MACs are those of evaluation, in which no side head is applied.
    """
    before, after = network, network
    told: list[Told] = []
    for each in passes(plan):
        told += each.told(after, plan)
        after = each.change(after, plan)
    yield Diagnostic(codes.CHANGED_FOR_INFERENCE, _totals(before, after, plan), network.span)
    yield from _notes(codes.CHANGED_FOR_INFERENCE, network, told)
    if FOLD_NORMS.name in plan.passes:
        left = (each for _, each in layers(after.body) if isinstance(each.op, BatchNorm))
        stays = ((each.at.span, "the batch norm stays") for each in left)
        yield from _notes(codes.NORM_STAYS, network, stays)


def _totals(before: Network, after: Network, plan: Plan) -> str:
    count = sum(1 for _ in layers(before.body))
    evaluated = drop_side_heads(before, plan)
    return (
        f"{before.name}: {counted(count, 'layer')} become {sum(1 for _ in layers(after.body)):,}, "
        f"{counted(parameter_count(before), 'parameter')} {parameter_count(after):,}, "
        f"{mac_count(evaluated):,} MACs {mac_count(drop_side_heads(after, plan)):,}"
    )


def _notes(code: Code, network: Network, told: Iterable[Told]) -> Iterator[Diagnostic]:
    for (span, what), times in Counter(told).items():
        often = "" if times == 1 else f", {times:,} times"
        yield Diagnostic(code, f"{network.name}: {what}{often}", span)
