"""Cells around a map, as the padding of the layer that takes it."""

from __future__ import annotations

from cnngen.lifting.rewriting import consumers, rewritten
from cnngen.lifting.traced import Step, Traced, Unsaid
from cnngen.ops import Conv, DepthwiseConv, MaxPool, Op, OpError, Pad, SeparableConv

LOWEST = "lowest"
"""A mode of :class:`Pad` for minus infinity, which the language has around a maximum alone."""

TAKERS: dict[str, tuple[type[Op], ...]] = {
    "zeros": (Conv, DepthwiseConv, SeparableConv),
    LOWEST: (MaxPool,),
}
"""What has such cells as padding of its own, by the mode."""


def merged(traced: Traced) -> Traced:
    """Without the steps that put cells around a map for one layer that can do so itself."""
    readers = consumers(traced)
    kept = {output.step for output in (*traced.outputs, *traced.heads)}

    def padded(place: int) -> Op | None:
        """The layer that takes what a step pads, with this padding."""
        step = traced.steps[place]
        if not isinstance(step.what, Pad) or place in kept or len(readers[place]) != 1:
            return None
        taker = traced.steps[readers[place][0]].what
        if not isinstance(taker, TAKERS.get(step.what.mode, ())):
            return None
        return _with_padding(taker, step.what)

    def change(place: int, step: Step) -> list[Step]:
        if padded(place) is not None:
            return []
        made = padded(step.inputs[0]) if step.inputs else None
        if made is not None:
            return [step._replace(what=made)]
        if isinstance(step.what, Pad) and step.what.mode == LOWEST:
            why = "it puts minus infinity around a map for another layer than a maximum"
            return [step._replace(what=Unsaid("Pad", why))]
        return [step]

    return rewritten(traced, change)


def _with_padding(taker: Op, pad: Pad) -> Op | None:
    """A layer with padding, where it has none yet and can have this."""
    own = vars(taker)
    if own["pad"] != (0,) * len(pad.cells) or own["pad_after"] is not None:
        return None
    if own.get("kernel") == "global" or own.get("adaptive") is not None:
        return None
    made = taker.replace(pad=pad.cells, pad_after=pad.after)
    try:
        made.check()
    except OpError:
        return None
    return made
