"""Side heads left out: their outputs are for the loss alone."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.ir import Chain, Layer, Network, SideHead, heads_in
from cnngen.ops import Identity
from cnngen.passes.inference.chains import each_chain
from cnngen.passes.inference.plan import Pass, Plan, Told


def drop_side_heads(network: Network, _: Plan) -> Network:
    """The network without its side heads."""
    return each_chain(network, _without)


def _without(chain: Chain) -> Chain:
    kept = tuple(item for item in chain.items if not isinstance(item, SideHead))
    if len(kept) == len(chain.items):
        return chain
    if not kept:  # no chain is empty
        head = chain.items[0]
        kept = (Layer(head.name, Identity(), head.at),)
    return chain._replace(items=kept)


def _told(network: Network, _: Plan) -> Iterator[Told]:
    for _path, head in heads_in(network.body):
        yield head.at.span, f"without the side head `{head.name}`"


DROP_SIDE_HEADS = Pass("drop-side-heads", "side heads are left out", drop_side_heads, _told)
