"""What is changed for inference, by places in the source."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.record import NamedTuple
from cnngen.source import Span

Pair = tuple[Span, Span]
"""The places of a layer and of the batch norm right after it."""


class Plan(NamedTuple):
    """What networks for inference do without.

    Code is written from definitions, and what it computes is checked on networks: both are changed
    at the same places, which are those where a definition can be changed for all of its uses.

    Attributes:
        folded: the batch norms that become part of the layer before them.
        omitted: the places of layers that do nothing in evaluation and can be left out without
            giving a weight another name; the others become the identity.
        layers: the name of the layer before each folded batch norm, by the norm's own name. In a
            numbered body it is the item before.
        eps: what all folded batch norms of a network add to the variance, by the network's name.
        side_heads: the paths of the side heads that are left out.
    """

    folded: frozenset[Pair] = frozenset()
    omitted: frozenset[Span] = frozenset()
    layers: Mapping[str, str] = {}
    eps: Mapping[str, float] = {}
    side_heads: tuple[str, ...] = ()
