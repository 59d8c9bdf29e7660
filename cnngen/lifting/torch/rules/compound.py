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


PRODUCTS: dict[Op, tuple[Op, ...]] = {
    Silu(): (Sigmoid(),),
    HardSwish(): (HardSigmoid(),),
    Mish(): (Softplus(), Tanh()),
}
"""Activations that are their input times what layers make of it."""


def simpler_product(steps: Sequence[Step], one: int, other: int) -> Found | None:
    """A value times an activation of itself, where that has a name."""
    for own, gate in ((one, other), (other, one)):
        for product, factor in PRODUCTS.items():
            if _made_of(steps, gate, factor) == own:
                return product, own
    return None


def _made_of(steps: Sequence[Step], end: int, layers: Sequence[Op]) -> int | None:
    """The step that layers, one after another, make ``end`` of."""
    for layer in reversed(layers):
        if steps[end].what != layer:
            return None
        (end,) = steps[end].inputs
    return end
