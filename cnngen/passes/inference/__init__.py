"""The form of a network for inference: the same outputs in evaluation, from fewer layers.

Each pass takes a network and a plan, which says where to change it: see
:mod:`cnngen.define.inference`.
"""

from __future__ import annotations

from collections.abc import Callable

from cnngen.ir import Network, layers
from cnngen.passes.inference.identities import omit_identities
from cnngen.passes.inference.noise import silence_noise
from cnngen.passes.inference.norms import (
    Weights,
    fold_norms,
    folded_layers,
    folded_weights,
    takes_norm,
    with_bias,
)
from cnngen.passes.inference.plan import Plan
from cnngen.passes.inference.side_heads import drop_side_heads

PASSES: tuple[Callable[[Network, Plan], Network], ...] = (
    drop_side_heads,
    fold_norms,
    silence_noise,
    omit_identities,
)
"""In order: what is folded or silenced is an identity, which may be left out."""


def for_inference(network: Network, plan: Plan) -> Network:
    """The network after all of these passes."""
    for a_pass in PASSES:
        network = a_pass(network, plan)
    return network


def weights_for_inference(network: Network, plan: Plan, weights: Weights) -> Weights:
    """The weights of :func:`for_inference`, for those of the network that was trained."""
    kept = {path for path, _ in layers(for_inference(network, plan).body)}
    made = folded_weights(network, plan, weights)
    return {path: arrays for path, arrays in made.items() if path in kept}


__all__ = [
    "PASSES",
    "Plan",
    "Weights",
    "folded_layers",
    "for_inference",
    "takes_norm",
    "weights_for_inference",
    "with_bias",
]
