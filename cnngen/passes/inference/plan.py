"""What is changed for inference, by places in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.source import Span

Pair = tuple[Span, Span]
"""The places of a layer and of the one that follows it."""

Array = Any
"""An array of NumPy, which only who has weights imports."""

Weights = Mapping[str, Mapping[str, Array]]
"""Arrays as the reference has them, by the layer's path and the weight's name."""


class Merge(NamedTuple):
    """Layers of one value whose outputs are added, which become one convolution.

    Attributes:
        conv: the place of the one that takes in the others: the first with the largest kernel.
        others: the places of those, some of which may not be there in some uses.
        input: whether the value itself is added, too.
        gone: the places of all that is left out with them.
        path: what the convolution is called, from where all of them are.
        paths: what the others are called there.
    """

    conv: Span
    others: tuple[Span, ...]
    input: bool
    gone: frozenset[Span]
    path: str
    paths: tuple[str, ...]


class Plan(NamedTuple):
    """Which passes make a network for inference, and where.

    Code is written from definitions, and what it computes is checked on networks: both are changed
    at the same places, which are those where a definition can be changed for all of its uses.

    Attributes:
        passes: the names of the passes.
        folded: the batch norms that become part of the layer before them.
        ahead: those that become part of the layer after them.
        omitted: the places of layers that do nothing in evaluation and can be left out without
            giving a weight another name; the others become the identity.
        merged: what becomes one convolution, by its place.
        sequences: the layers that become one with the layer that follows them.
        pooled: the convolutions that go behind the pool that follows them.
        layers: the name of the layer before each folded batch norm, by the norm's own name; with
            ``.*`` for those of all turns of a loop. In a numbered body it is the item before.
        layers_ahead: that of the layer after, for norms ahead; none stands in a numbered body.
        firsts: the name of the first layer of each sequence, by that of the second; none stands in
            a numbered body.
        eps: what all batch norms that become part of other layers add to the variance, by the
            name of the network.
        side_heads: the paths of the side heads that are left out.
    """

    passes: frozenset[str]
    folded: frozenset[Pair] = frozenset()
    ahead: frozenset[Pair] = frozenset()
    omitted: frozenset[Span] = frozenset()
    merged: Mapping[Span, Merge] = {}
    sequences: frozenset[Pair] = frozenset()
    pooled: frozenset[Pair] = frozenset()
    layers: Mapping[str, str] = {}
    layers_ahead: Mapping[str, str] = {}
    firsts: Mapping[str, str] = {}
    eps: Mapping[str, float] = {}
    side_heads: tuple[str, ...] = ()

    @property
    def branches(self) -> dict[str, tuple[str, ...]]:
        """By the name of each convolution that takes others in, theirs; empty for the input."""
        return {merge.path: (*merge.paths, *[""] * merge.input) for merge in self.merged.values()}


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
