"""Activations that models write as arithmetic: x sigmoid(x), relu6(x + 3) / 6."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.lifting.traced import Join, Step
from cnngen.ops import (
    HardSigmoid,
    HardSwish,
    Mish,
    Offset,
    Op,
    Relu6,
    Sigmoid,
    Silu,
    Softplus,
    Tanh,
)

Found = tuple[Op, int]
"""A layer, and the step that it reads."""


def simpler_scale(steps: Sequence[Step], x: int, factor: float) -> Found | None:
    """A sixth of relu6(x + 3), which is a hard sigmoid, or of x relu6(x + 3), a hard swish."""
    if factor != 1 / 6:
        return None
    below = _raised(steps, x)
    if below is not None:
        return HardSigmoid(), below
    step = steps[x]
    if step.what == Join("multiply") and len(step.inputs) == 2:
        one, other = step.inputs
        for own, gate in ((one, other), (other, one)):
            if _raised(steps, gate) == own:
                return HardSwish(), own
    return None


def _raised(steps: Sequence[Step], x: int) -> int | None:
    """The step of which ``x`` is relu6(x + 3)."""
    if steps[x].what != Relu6():
        return None
    (before,) = steps[x].inputs
    return steps[before].inputs[0] if steps[before].what == Offset(constant=3.0) else None


def simpler_product(steps: Sequence[Step], one: int, other: int) -> Found | None:
    """A value times an activation of itself, where that has a name."""
    for own, gate in ((one, other), (other, one)):
        step = steps[gate]
        if step.what == Sigmoid() and step.inputs == (own,):
            return Silu(), own
        if step.what == HardSigmoid() and step.inputs == (own,):
            return HardSwish(), own
        if step.what == Tanh():
            (before,) = step.inputs
            if steps[before].what == Softplus() and steps[before].inputs == (own,):
                return Mish(), own
    return None
