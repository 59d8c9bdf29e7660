"""Zeros around a map, as the padding of the convolution that takes it."""

from __future__ import annotations

from cnngen.lifting.rewriting import consumers, rewritten
from cnngen.lifting.traced import Step, Traced
from cnngen.ops import Conv, DepthwiseConv, Pad, SeparableConv

PADS = (Conv, DepthwiseConv, SeparableConv)


def merged(traced: Traced) -> Traced:
    """Without the steps that put zeros around a map for one convolution alone."""
    readers = consumers(traced)
    kept = {output.step for output in (*traced.outputs, *traced.heads)}

    def belongs(place: int) -> bool:
        """Whether a step pads for the step that takes it, and for nothing else."""
        step = traced.steps[place]
        if not isinstance(step.what, Pad) or step.what.mode != "zeros" or place in kept:
            return False
        if len(readers[place]) != 1:
            return False
        (reader,) = readers[place]
        taker = traced.steps[reader].what
        return isinstance(taker, PADS) and taker.pad == (0,) * len(step.what.cells)

    def with_padding(place: int, step: Step) -> list[Step]:
        if belongs(place):
            return []
        if not isinstance(step.what, PADS) or not belongs(step.inputs[0]):
            return [step]
        pad = traced.steps[step.inputs[0]].what
        assert isinstance(pad, Pad)
        return [step._replace(what=step.what.replace(pad=pad.cells, pad_after=pad.after))]

    return rewritten(traced, with_padding)
