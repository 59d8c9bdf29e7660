"""Padding that is what ``same`` is for the size that comes in, said in that word."""

from __future__ import annotations

from cnngen.lifting.traced import Step
from cnngen.ops import Conv, DepthwiseConv, Map


def same_where_it_is(steps: dict[int, Step]) -> dict[int, Step]:
    """Steps whose convolutions say ``same`` where they pad more after than before, as that does.

    Keras' applications pad by a layer before such a convolution, for the size that they are made
    for: for another size, it is ``same`` too.
    """
    steps = {at: _without_padding(step) for at, step in steps.items()}
    found = {at: _said(step, steps) for at, step in steps.items()}
    if not any(found[at] is not steps[at] for at in steps):
        return steps
    # At odd sizes, that is the same on both sides.
    return {at: _said(step, found, even=True) for at, step in found.items()}


def _without_padding(step: Step) -> Step:
    """`same` of a window of one position is nothing."""
    op = step.what
    if not isinstance(op, (Conv, DepthwiseConv)) or op.pad != "same" or {*op.kernel} != {1}:
        return step
    return step._replace(what=op.replace(pad=(0,) * len(op.kernel)))


def _said(step: Step, steps: dict[int, Step], *, even: bool = False) -> Step:
    op = step.what
    if not isinstance(op, (Conv, DepthwiseConv)) or op.pad_mode != "zeros":
        return step
    if (op.pad_after is None) is not even or {*op.stride} == {1} or {*op.kernel} == {1}:
        return step
    x = steps[step.inputs[0]].shape
    same = op.replace(pad="same", pad_after=None)
    if isinstance(x, Map) and same.pads(x.sizes) == op.pads(x.sizes):
        return step._replace(what=same)
    return step
