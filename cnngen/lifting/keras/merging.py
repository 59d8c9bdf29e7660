"""Steps that belong to the one after them, which is written with both of them in one layer."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.lifting.rewriting import consumers, rewritten
from cnngen.lifting.traced import Step, Traced, Unsaid
from cnngen.ops import Conv, DepthwiseConv, MaxPool, Op, OpError, Pad, Relu, SeparableConv, kinds
from cnngen.ops.base import internal, param

LOWEST = "lowest"
"""A mode of :class:`Pad` for minus infinity, which the language has around a maximum alone."""


@internal("ceiling")
class Ceiling(Op):
    """min(x, most), which the language has of what is not negative alone."""

    most: float = param("the largest value", kinds.any_real())


CONVOLUTIONS = (Conv, DepthwiseConv, SeparableConv)


def _padded_convolution(pad: Op, taker: Op) -> Op | None:
    if not isinstance(pad, Pad) or not isinstance(taker, CONVOLUTIONS) or pad.mode == LOWEST:
        return None
    if taker.pad != (0,) * len(pad.cells) or taker.pad_after is not None:
        return None
    return taker.replace(pad=pad.cells, pad_after=pad.after, pad_mode=pad.mode)


def _padded_pool(pad: Op, taker: Op) -> Op | None:
    if not isinstance(pad, Pad) or not isinstance(taker, MaxPool) or pad.mode != LOWEST:
        return None
    if taker.has_output or taker.pad != (0,) * len(pad.cells) or taker.pad_after is not None:
        return None
    return taker.replace(pad=pad.cells, pad_after=pad.after)


def _pads(first: Op, then: Op) -> Op | None:
    """Along different axes, one after another is both at once."""
    if not isinstance(first, Pad) or not isinstance(then, Pad) or first.mode != then.mode:
        return None
    a, b = first.sides, then.sides
    sides = list(zip(a.before, a.after, b.before, b.after, strict=True))
    if any((a0 or a1) and (b0 or b1) for a0, a1, b0, b1 in sides):
        return None
    before = tuple(a0 + b0 for a0, _, b0, _ in sides)
    after = tuple(a1 + b1 for _, a1, _, b1 in sides)
    return Pad(before, None if before == after else after, first.mode)


def _ceiling(first: Op, then: Op) -> Op | None:
    if isinstance(first, Ceiling) and then == Relu() and first.most > 0:
        return Relu(max=first.most)
    return None


WAYS: tuple[Callable[[Op, Op], Op | None], ...] = (
    _padded_convolution,
    _padded_pool,
    _pads,
    _ceiling,
)
"""What makes one layer of two, or None."""


def _merged(first: Op, then: Op) -> Op | None:
    for way in WAYS:
        made = way(first, then)
        if made is not None:
            try:
                made.check()
            except OpError:
                continue
            return made
    return None


def merged(traced: Traced) -> Traced:
    """Without the steps whose value one other takes alone, which can do as they do."""
    readers = consumers(traced)
    kept = {output.step for output in (*traced.outputs, *traced.heads)}
    whole: dict[int, Op] = {}
    gone: set[int] = set()
    for place, step in enumerate(traced.steps):
        if not isinstance(step.what, Op):
            continue
        whole[place] = step.what
        (before,) = step.inputs
        if before in whole and before not in kept and len(readers[before]) == 1:
            made = _merged(whole[before], step.what)
            if made is not None:
                whole[place] = made
                gone.add(before)

    _keep_alike(traced, whole, gone)

    def change(place: int, step: Step) -> list[Step]:
        if place in gone:
            return []
        return [step._replace(what=_said(whole[place]) if place in whole else step.what)]

    return rewritten(traced, change)


def _keep_alike(traced: Traced, whole: dict[int, Op], gone: set[int]) -> None:
    """Leave a layer as it is that would become another in only some of its applications."""
    named: dict[str, list[int]] = {}
    for place in whole:
        named.setdefault(traced.steps[place].name, []).append(place)
    for name, places in named.items():
        if name and len({whole[place] for place in places}) > 1:
            for place in places:
                whole[place] = traced.steps[place].what  # type: ignore[assignment] # an op
                gone.discard(traced.steps[place].inputs[0])


def _said(op: Op) -> Op | Unsaid:
    """An op of the language; what is none has found nothing that it belongs to."""
    if isinstance(op, Ceiling):
        return Unsaid("Minimum", "it stands before no ReLU")
    if isinstance(op, Pad) and op.mode == LOWEST:
        return Unsaid("Pad", "it puts minus infinity around a map for another layer than a maximum")
    return op
