"""Records with other steps in the place of some."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.lifting.traced import Output, Step, Traced
from cnngen.ops import Op


def consumers(traced: Traced) -> list[list[int]]:
    """The steps that take the value of each."""
    found: list[list[int]] = [[] for _ in traced.steps]
    for place, step in enumerate(traced.steps):
        for taken in step.inputs:
            found[taken].append(place)
    return found


def rewritten(traced: Traced, change: Callable[[int, Step], list[Step]]) -> Traced:
    """The record with what ``change`` gives for each step, one after another.

    Each of several takes the value of the one before it, the first what the step took; none of
    them leaves that as it is. Shapes are inferred anew.
    """
    steps: list[Step] = []
    places: list[int] = []

    for place, step in enumerate(traced.steps):
        taken = tuple(places[each] for each in step.inputs)
        own = change(place, step)
        for each in own:
            steps.append(_inferred(each._replace(inputs=taken), steps))
            taken = (len(steps) - 1,)
        places.append(len(steps) - 1 if own else taken[0])

    def moved(output: Output) -> Output:
        return output._replace(step=places[output.step])

    return traced._replace(
        steps=tuple(steps),
        outputs=tuple(map(moved, traced.outputs)),
        heads=tuple(map(moved, traced.heads)),
    )


def _inferred(step: Step, before: list[Step]) -> Step:
    if not isinstance(step.what, Op):
        return step
    return step._replace(shape=step.what.infer(before[step.inputs[0]].shape))
