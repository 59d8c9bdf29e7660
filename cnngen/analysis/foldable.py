"""Which batch norms of one network can become part of the layers beside them.

:mod:`cnngen.define.inference` decides for a definition and all of its uses, since code is written
from it. What shows a network as it is can fold more: here values decide, not names and parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
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
    read = list(_readings(dataflow(network)))
    before = _fitting(
        ((layer, norm), is_own and takes_norm(layer.op))
        for layer, norm, is_own in read
        if type(norm.op) is BatchNorm
    )
    taken = {norm for _, norm in before}
    ahead = _fitting(
        ((norm, layer), is_own and takes_norm_ahead(layer.op))
        for norm, layer, is_own in read
        if type(norm.op) is BatchNorm and norm.at.span not in taken
    )
    return Plan(frozenset({FOLD_NORMS.name}), before, ahead)


def _fitting(pairs: Iterable[tuple[tuple[Layer, Layer], bool]]) -> frozenset[Pair]:
    """The places of those that fit each time."""
    fits: dict[Pair, bool] = {}
    for (first, second), it_fits in pairs:
        pair = (first.at.span, second.at.span)
        fits[pair] = fits.get(pair, True) and it_fits
    return frozenset(pair for pair, it_fits in fits.items() if it_fits)


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
