"""Which batch norms of one network can become part of the layers beside them.

:mod:`cnngen.define.inference` decides for a definition and all of its uses, since code is written
from it. What shows a network as it is can fold more: here values decide, not names and parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from cnngen.analysis.dataflow import Dataflow, dataflow
from cnngen.ir import Layer, Network
from cnngen.ops import BatchNorm
from cnngen.passes.inference.norms import FOLD_NORMS, takes_norm, takes_norm_ahead
from cnngen.passes.inference.plan import Pair, Plan


def foldable(network: Network) -> Plan:
    """The plan that folds each norm into the layer that gives its input, or else that reads it.

    Two places in the source are a pair only if they are one wherever the network has them.
    """
    flow = dataflow(network)
    before = _fitting(_before(flow))
    taken = {norm for _, norm in before}
    ahead = frozenset(pair for pair in _fitting(_after(flow)) if pair[0] not in taken)
    return Plan(frozenset({FOLD_NORMS.name}), before, ahead)


def _fitting(pairs: Iterator[tuple[Pair, bool]]) -> frozenset[Pair]:
    """Those that fit each time."""
    fits: dict[Pair, bool] = {}
    for pair, it_fits in pairs:
        fits[pair] = fits.get(pair, True) and it_fits
    return frozenset(pair for pair, it_fits in fits.items() if it_fits)


def _before(flow: Dataflow) -> Iterator[tuple[Pair, bool]]:
    """The layers whose output a norm reads, with it, and whether it can be folded there."""
    for layer, norm, is_own in _readings(flow):
        if type(norm.op) is BatchNorm:
            yield (layer.at.span, norm.at.span), is_own and takes_norm(layer.op)


def _after(flow: Dataflow) -> Iterator[tuple[Pair, bool]]:
    """The norms whose output a layer reads, with it, and whether they can be folded there."""
    for norm, layer, is_own in _readings(flow):
        if type(norm.op) is BatchNorm:
            yield (norm.at.span, layer.at.span), is_own and takes_norm_ahead(layer.op)


def _readings(flow: Dataflow) -> Iterator[tuple[Layer, Layer, bool]]:
    """Each two layers of which one reads the other, and whether they are there for that alone."""
    reads = (value.reads for value in flow.values)
    readers = Counter(chain(*reads, flow.outputs.values(), flow.heads.values()))
    applied = Counter(value.path for value in flow.values)
    for reader in flow.values:
        if len(reader.reads) == 1 and isinstance(reader.item, Layer):
            (x,) = reader.reads
            first = flow.values[x]
            if first.reads and isinstance(first.item, Layer):  # not an input
                is_own = readers[x] == applied[first.path] == applied[reader.path] == 1
                yield first.item, reader.item, is_own
