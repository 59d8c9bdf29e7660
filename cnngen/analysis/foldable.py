"""Which batch norms of one network can become part of the layers before them.

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
from cnngen.passes.inference.norms import FOLD_NORMS, takes_norm
from cnngen.passes.inference.plan import Pair, Plan


def foldable(network: Network) -> Plan:
    """The plan that folds each norm whose input a layer gives that can take it in, to it alone.

    Two places in the source are a pair only if they are one wherever the network has them.
    """
    fits: dict[Pair, bool] = {}
    for pair, it_fits in _pairs(dataflow(network)):
        fits[pair] = fits.get(pair, True) and it_fits
    folded = frozenset(pair for pair, it_fits in fits.items() if it_fits)
    return Plan(frozenset({FOLD_NORMS.name}), folded)


def _pairs(flow: Dataflow) -> Iterator[tuple[Pair, bool]]:
    """The layers whose output a norm reads, with it, and whether it can be folded there."""
    reads = (value.reads for value in flow.values)
    readers = Counter(chain(*reads, flow.outputs.values(), flow.heads.values()))
    applied = Counter(value.path for value in flow.values)
    for norm in flow.values:
        if not (norm.reads and isinstance(norm.item, Layer) and type(norm.item.op) is BatchNorm):
            continue
        (x,) = norm.reads
        layer = flow.values[x]
        if layer.reads and isinstance(layer.item, Layer):  # not an input
            is_own = readers[x] == applied[layer.path] == applied[norm.path] == 1
            pair = (layer.item.at.span, norm.item.at.span)
            yield pair, is_own and takes_norm(layer.item.op)
