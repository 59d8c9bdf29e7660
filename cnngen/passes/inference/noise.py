"""Layers that draw at random: in evaluation they are the identity."""

from __future__ import annotations

from cnngen.ir import Item, Layer, Network
from cnngen.ops import Identity
from cnngen.passes.inference.chains import each_chain
from cnngen.passes.inference.plan import Pass, Plan


def drop_noise(network: Network, _: Plan) -> Network:
    """The network with the identity in place of dropout and noise."""
    return each_chain(network, lambda chain: chain._replace(items=tuple(map(_silent, chain.items))))


def _silent(item: Item) -> Item:
    if isinstance(item, Layer) and item.op.draws:
        return item._replace(op=Identity())
    return item


DROP_NOISE = Pass(
    "drop-noise", "dropout, noise and stochastic depth become the identity", drop_noise
)
