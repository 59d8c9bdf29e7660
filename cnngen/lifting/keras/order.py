"""The order of flattened maps.

Keras flattens position after position, the language channel after channel. Where only weights run
along a flattened map, these are permuted when they move, and a plain ``flatten`` stands for it.
Where the order shows, the axes are permuted before it.
"""

from __future__ import annotations

from cnngen.lifting.rewriting import consumers, rewritten
from cnngen.lifting.traced import Step, Traced
from cnngen.ops import Dense, Flatten, Op, Permute
from cnngen.ops.basic import axes_of


def in_order(traced: Traced) -> Traced:
    """Flattened maps with their order as Keras has it."""
    readers = consumers(traced)

    def exact(place: int, step: Step) -> list[Step]:
        if not _flattens(step, traced) or not _shows(place, traced, readers):
            return [step]
        x = traced.steps[step.inputs[0]].shape
        first, *rest = axes_of(x.axes)
        names = ("first", "second", "third", "fourth")
        permute = Permute(**dict(zip(names, (*rest, first), strict=False)))
        turned = step._replace(what=permute, name="", shape=permute.infer(x))
        return [turned, step._replace(what=Flatten(ordered=True))]

    return rewritten(traced, exact)


def _flattens(step: Step, traced: Traced) -> bool:
    if not isinstance(step.what, Flatten):
        return False
    shape = step.what.infer(traced.steps[step.inputs[0]].shape)
    return shape.factors is not None


def _shows(place: int, traced: Traced, readers: list[list[int]]) -> bool:
    """Whether the order of a vector shows before a dense layer takes it in."""
    if any(output.step == place for output in (*traced.outputs, *traced.heads)):
        return True
    if len(readers[place]) != 1:
        return True
    (reader,) = readers[place]
    what = traced.steps[reader].what
    if isinstance(what, Dense):
        return False
    if not isinstance(what, Op) or what.reads_order:
        return True
    return _shows(reader, traced, readers)
