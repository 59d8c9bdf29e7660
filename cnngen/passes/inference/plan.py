"""What is changed for inference, by places in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.source import Span

Pair = tuple[Span, Span]
"""The places of a layer and of the one right after it."""

Array = Any
"""An array of NumPy, which only who has weights imports."""

Weights = Mapping[str, Mapping[str, Array]]
"""Arrays as the reference has them, by the layer's path and the weight's name."""


class Plan(NamedTuple):
    """Which passes make a network for inference, and where.

    Code is written from definitions, and what it computes is checked on networks: both are changed
    at the same places, which are those where a definition can be changed for all of its uses.

    Attributes:
        passes: the names of the passes.
        folded: the batch norms that become part of the layer before them.
        omitted: the places of layers that do nothing in evaluation and can be left out without
            giving a weight another name; the others become the identity.
        pooled: the convolutions that go behind the pool that follows them.
        layers: the name of the layer before each folded batch norm, by the norm's own name. In a
            numbered body it is the item before.
        eps: what all folded batch norms of a network add to the variance, by the network's name.
        side_heads: the paths of the side heads that are left out.
    """

    passes: frozenset[str]
    folded: frozenset[Pair] = frozenset()
    omitted: frozenset[Span] = frozenset()
    pooled: frozenset[Pair] = frozenset()
    layers: Mapping[str, str] = {}
    eps: Mapping[str, float] = {}
    side_heads: tuple[str, ...] = ()


Told = tuple[Span, str]
"""What is changed at a place in the source."""


def nothing_told(network: Network, plan: Plan) -> Iterable[Told]:
    """What a pass says that changes nothing to speak of."""
    return ()


def same_weights(network: Network, plan: Plan, weights: Weights) -> Weights:
    """What a pass makes of weights that keeps them, or only leaves some out."""
    return weights


class Pass(NamedTuple):
    """A way to make a network faster for inference.

    Attributes:
        name: what ``--passes`` calls it.
        summary: what it does, as a phrase.
        change: the network after it, for the one before.
        told: what it changes in the network before, once for each layer.
        weights: the weights after it, for the network and the weights before.
    """

    name: str
    summary: str
    change: Callable[[Network, Plan], Network]
    told: Callable[[Network, Plan], Iterable[Told]] = nothing_told
    weights: Callable[[Network, Plan, Weights], Weights] = same_weights
