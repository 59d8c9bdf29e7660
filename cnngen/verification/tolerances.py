"""How far two models of one network may be apart: what rounding explains, and no more."""

from __future__ import annotations

import numpy as np

from cnngen.ir import Join, Network, layers, paths
from cnngen.record import NamedTuple
from cnngen.verification.report import JUDGED

EXACT = 1e-10
"""In float64: of outputs, losses and statistics to the largest value, of gradients to all."""

ROUNDED = 1e-4
"""In float32, up to ``DEEP`` layers with weights."""

ROUNDED_DEEP = 1e-3
DEEP = 50

FLAT = 1e-3
"""The least scale of gradients, as a share of the loss divided by the size of what they are of.

Where all gradients are less, other terms have cancelled, and left nothing but their rounding.
"""


ULPS = 10
"""How many units in the last place a sum is off by that was rounded on the way."""

MUCH = 300.0
"""Magnified by more, rounding is worth a word."""


class Limits(NamedTuple):
    """What is allowed between two models.

    Attributes:
        forward: of outputs, losses and statistics.
        gradients: of gradients; None where nothing can be said.
        flat: the share of the loss that is the least scale of a gradient.
        why: the reason where they are not the usual ones.
    """

    forward: float
    gradients: float | None
    flat: float
    why: str


def limits(network: Network, dtype: str, magnified: float = 1.0) -> Limits:
    """What is allowed between models of a network, and between one and the reference.

    Args:
        network: what the models are of.
        dtype: ``float64`` or ``float32``.
        magnified: by how much its norms magnify the rounding of what they are given.
    """
    usual = EXACT if dtype == "float64" else _rounded(network)
    least = rounding(dtype, magnified)
    gradients = max(usual, least)
    reasons = []
    if magnified > MUCH:
        reasons.append(
            f"norms that divide by next to nothing magnify rounding up to {magnified:.0e} times"
        )
    kinks = dtype == "float32" and _has_kink(network)
    if kinks:  # which rounding may decide otherwise, and so move a gradient as a whole
        reasons.append("rounding decides some activations otherwise; float64 judges gradients")
    judged = gradients <= JUDGED and not kinks
    flat = max(FLAT, least / gradients)
    return Limits(usual, gradients if judged else None, flat, "; ".join(reasons))


def _has_kink(network: Network) -> bool:
    """Whether the slope of something in it jumps."""
    joins = (item for _, item in paths(network.body) if isinstance(item, Join))
    return any(layer.op.has_kink for _, layer in layers(network.body)) or any(
        join.kind == "maximum" for join in joins
    )


def rounding(dtype: str, magnified: float) -> float:
    """What the rounding of sums comes to, relative to a value."""
    return ULPS * float(np.finfo(dtype).eps) * magnified


def _rounded(network: Network) -> float:
    weighted = sum(bool(layer.op.weights(layer.at.input)) for _, layer in layers(network.body))
    return ROUNDED_DEEP if weighted > DEEP else ROUNDED
