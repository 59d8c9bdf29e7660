"""What is changed for inference, as notes at the places in the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, codes
from cnngen.diagnostics.render import counted
from cnngen.ir import Layer, Network, layers, total
from cnngen.ops import BatchNorm
from cnngen.passes.inference.norms import folded_layers
from cnngen.passes.inference.plan import Plan


def notes(network: Network, inferred: Network, plan: Plan) -> Iterator[Diagnostic]:
    """Notes on a network and on what it is for inference: each place once, with how often."""
    before, after = (dict(layers(each.body)) for each in (network, inferred))
    yield Diagnostic(
        codes.CHANGED_FOR_INFERENCE,
        f"{network.name}: {counted(len(before), 'layer')} become {len(after):,}, "
        f"{counted(_parameters(network), 'parameter')} {_parameters(inferred):,}",
        network.span,
    )
    folded = Counter(
        (norm.at.span, layer.op.word) for layer, _, norm in folded_layers(network, plan).values()
    )
    for (span, word), times in folded.items():
        what = f"{network.name}: part of the `{word}` before it{_times(times)}"
        yield Diagnostic(codes.CHANGED_FOR_INFERENCE, what, span)
    silent = Counter((layer.at.span, layer.op.word) for layer in before.values() if layer.op.draws)
    for (span, word), times in silent.items():
        what = f"{network.name}: without `{word}`{_times(times)}"
        yield Diagnostic(codes.CHANGED_FOR_INFERENCE, what, span)
    left = Counter(layer.at.span for layer in after.values() if isinstance(layer.op, BatchNorm))
    for span, times in left.items():
        what = f"{network.name}: the batch norm stays{_times(times)}"
        yield Diagnostic(codes.NORM_STAYS, what, span)


def _parameters(network: Network) -> int:
    def of(layer: Layer) -> int:
        return sum(each.size for each in layer.op.weights(layer.at.input) if each.trained)

    return total(network.body, of, again=False)


def _times(number: int) -> str:
    return "" if number == 1 else f", {number:,} times"
