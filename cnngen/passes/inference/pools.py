"""1x1 convolutions behind the average pool that follows them, as in DenseNet's transitions.

An average with weights that add up to 1 gives the same before weighted sums of the channels as
after them, a bias included. Behind the pool there are fewer positions to work the sums out for.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from cnngen.ir import Chain, Network, layers
from cnngen.ops import AvgPool, Conv, Op
from cnngen.passes.inference.chains import each_chain
from cnngen.passes.inference.plan import Pass, Plan, Told
from cnngen.passes.inference.sizes import is_each, is_pointwise


def goes_behind(conv: Op, pool: Op) -> bool:
    """Whether the pool can come first, and leaves the convolution less to do.

    What is open in a definition is not known to.
    """
    if type(conv) is not Conv or type(pool) is not AvgPool:
        return False
    return is_pointwise(conv) and _is_average(pool) and _leaves_less(pool)


def _is_average(pool: AvgPool) -> bool:
    """Whether cells of the map alone count, so that the weights add up to 1."""
    if pool.kernel == "global" or pool.count_pad is False:
        return True
    return is_each(pool.pad, 0) and not pool.pad_after


def _leaves_less(pool: AvgPool) -> bool:
    """Whether there are fewer positions behind it."""
    if pool.kernel == "global":
        return True
    step = pool.stride or pool.kernel
    sizes = step if type(step) is tuple else (step,)
    return {type(size) for size in sizes} == {int} and set(sizes) != {1}


def pool_first(network: Network, plan: Plan) -> Network:
    """The network with the pools of the plan before the convolutions that they followed."""

    def rule(chain: Chain) -> Chain:
        items: list[Any] = list(chain.items)
        for place, (conv, pool) in enumerate(pairwise(chain.items)):
            if (conv.at.span, pool.at.span) in plan.pooled:
                items[place : place + 2] = pool_then_conv(conv, pool)
        return chain._replace(items=tuple(items))

    return each_chain(network, rule)


def pool_then_conv(conv: Any, pool: Any) -> tuple[Any, Any]:
    """Two layers of a network or of a definition in the other order."""
    into, out = conv.at.input.channels, conv.at.output.channels
    between = pool.at.output._replace(channels=into)
    return (
        pool._replace(at=pool.at._replace(input=conv.at.input, output=between)),
        conv._replace(at=conv.at._replace(input=between, output=between._replace(channels=out))),
    )


def _told(network: Network, plan: Plan) -> Iterator[Told]:
    places = {conv for conv, _ in plan.pooled}
    for _, layer in layers(network.body):
        if layer.at.span in places:
            yield layer.at.span, "behind the `avgpool` that follows it"


POOL_FIRST = Pass(
    "pool-first",
    "a 1x1 convolution goes behind the average pool that follows it",
    pool_first,
    _told,
)
