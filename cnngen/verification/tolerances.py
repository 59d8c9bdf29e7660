"""How far two models of one network may be apart: what rounding explains, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.frameworks import Framework
from cnngen.ir import Network, layers
from cnngen.ops import Elu, HardSigmoid, HardSwish, LeakyRelu, MaxPool, Op, PRelu, Relu, Relu6
from cnngen.record import NamedTuple

EXACT = 1e-10
"""In float64: of outputs, losses and statistics to the largest value, of gradients to all."""

ROUNDED = 1e-4
"""In float32, up to ``DEEP`` layers with weights."""

ROUNDED_DEEP = 1e-3
DEEP = 50

KINKS: tuple[type[Op], ...] = (Relu, Relu6, LeakyRelu, PRelu, Elu, HardSigmoid, HardSwish, MaxPool)
"""Where rounding in float32 may decide otherwise, which moves a gradient as a whole."""


class Limits(NamedTuple):
    """What is allowed between two models; None where nothing can be said."""

    forward: float
    gradients: float | None
    why: str


def limits(network: Network, frameworks: Sequence[Framework], dtype: str) -> Limits:
    """What is allowed between models of these frameworks, or of one and the reference."""
    ops = {type(layer.op) for _, layer in layers(network.body)}
    if dtype == "float32":
        weighted = sum(bool(layer.op.weights(layer.at.input)) for _, layer in layers(network.body))
        forward = ROUNDED_DEEP if weighted > DEEP else ROUNDED
        if ops.isdisjoint(KINKS):
            return Limits(forward, forward, "")
        why = "rounding decides some activations otherwise; float64 judges gradients"
        return Limits(forward, None, why)
    known = [off for of in frameworks for op, off in of.inexact.items() if op in ops]
    return Limits(
        max([EXACT, *(off.values for off in known)]),
        max([EXACT, *(off.gradients for off in known)]),
        "; ".join(dict.fromkeys(off.why for off in known)),
    )
