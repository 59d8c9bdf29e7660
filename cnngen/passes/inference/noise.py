"""Layers that draw at random: in evaluation they are the identity."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.ir import Item, Layer, Network, layers
from cnngen.ops import Identity
from cnngen.passes.inference.chains import each_chain
from cnngen.passes.inference.plan import Pass, Plan, Told


def drop_noise(network: Network, _: Plan) -> Network:
    """The network with the identity in place of dropout and noise."""
    return each_chain(network, lambda chain: chain._replace(items=tuple(map(_silent, chain.items))))


def _silent(item: Item) -> Item:
    if isinstance(item, Layer) and item.op.draws:
        return item._replace(op=Identity())
    return item


def _told(network: Network, _: Plan) -> Iterator[Told]:
    for _path, layer in layers(network.body):
        if layer.op.draws:
            yield layer.at.span, f"without `{layer.op.word}`"


DROP_NOISE = Pass(
    "drop-noise",
    "dropout, noise and stochastic depth become the identity",
    drop_noise,
    _told,
)
