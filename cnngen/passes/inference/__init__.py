"""The form of a network for inference: the same outputs in evaluation, from less work.

Each pass takes a network and a plan, which says where to change it: see
:mod:`cnngen.define.inference`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnngen.diagnostics import did_you_mean
from cnngen.ir import Network, layers
from cnngen.passes.inference.branches import MERGE_BRANCHES
from cnngen.passes.inference.identities import DROP_IDENTITIES
from cnngen.passes.inference.noise import DROP_NOISE
from cnngen.passes.inference.norms import FOLD_NORMS, folds
from cnngen.passes.inference.plan import Pass, Plan, Weights
from cnngen.passes.inference.pools import POOL_FIRST
from cnngen.passes.inference.sequences import MERGE_LAYERS
from cnngen.passes.inference.side_heads import DROP_SIDE_HEADS

PASSES: tuple[Pass, ...] = (
    DROP_SIDE_HEADS,
    FOLD_NORMS,
    DROP_NOISE,
    MERGE_LAYERS,
    MERGE_BRANCHES,
    DROP_IDENTITIES,
    POOL_FIRST,
)
"""In order: what is folded or silenced is an identity, and layers meet where that was."""

BY_DEFAULT = frozenset(each.name for each in PASSES)
"""The names of those that are taken where none is named."""


def passes_named(names: Iterable[str]) -> frozenset[str]:
    """The passes of these names as a choice has them: none where they are those by default.

    Raises:
        ValueError: there is no such pass.
    """
    known = [each.name for each in PASSES]
    chosen = list(names)
    for name in chosen:
        if name not in known:
            hint = did_you_mean(name, known, f"passes: {', '.join(known)}")
            raise ValueError(f"there is no pass '{name}'; {hint}")
    return frozenset() if {*chosen} == BY_DEFAULT else frozenset(chosen)


def for_inference(network: Network, plan: Plan) -> Network:
    """The network after the passes of the plan."""
    for each in passes(plan):
        network = each.change(network, plan)
    return network


def weights_for_inference(network: Network, plan: Plan, weights: Weights) -> Weights:
    """The weights of :func:`for_inference`, for those of the network that was trained."""
    for each in passes(plan):
        weights = each.weights(network, plan, weights)
        network = each.change(network, plan)
    kept = {path for path, _ in layers(network.body)}
    return {path: arrays for path, arrays in weights.items() if path in kept}


def passes(plan: Plan) -> Iterator[Pass]:
    """The passes of the plan, in order."""
    return (each for each in PASSES if each.name in plan.passes)


__all__ = [
    "BY_DEFAULT",
    "PASSES",
    "Pass",
    "Plan",
    "Weights",
    "folds",
    "for_inference",
    "passes",
    "passes_named",
    "weights_for_inference",
]
