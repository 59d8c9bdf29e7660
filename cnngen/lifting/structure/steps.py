"""Steps in the form in which structure is found: what is unused goes, joins stand where they join.

Steps keep their numbers; those that are gone are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cnngen.lifting.traced import Call, Input, Join, Step, Traced
from cnngen.ops import Op

Steps = dict[int, Step]


def normal(traced: Traced) -> Steps:
    """The steps that something reads, each in the module that it belongs to."""
    steps = dict(enumerate(traced.steps))
    steps = _used(steps, [out.step for out in (*traced.outputs, *traced.heads)])
    steps = _nested_concats(steps)
    steps = {at: _hoisted(step, steps) for at, step in steps.items()}
    return _with_one_input(steps)


def _used(steps: Steps, ends: Iterable[int]) -> Steps:
    needed: set[int] = set()
    waiting = list(ends)
    while waiting:
        at = waiting.pop()
        if at not in needed:
            needed.add(at)
            waiting += steps[at].inputs
    inputs = {at for at, step in steps.items() if isinstance(step.what, Input)}
    return {at: step for at, step in steps.items() if at in needed | inputs}


def _nested_concats(steps: Steps) -> Steps:
    """``concat(a, b, c)`` after ``concat(a, b)`` joins that and c: so dense networks are chains."""
    made: dict[tuple[str, tuple[int, ...]], int] = {}
    found: Steps = {}
    for at, step in steps.items():
        if isinstance(step.what, Join) and step.what.word == "concat":
            axis, inputs = step.what.axis, step.inputs
            for end in range(len(inputs) - 1, 1, -1):
                before = made.get((axis, inputs[:end]))
                if before is not None:
                    step = step._replace(inputs=(before, *inputs[end:]))
                    break
            made.setdefault((axis, inputs), at)
        found[at] = step
    return found


def _hoisted(step: Step, steps: Steps) -> Step:
    """A join that a module begins with stands before it: blocks have one input."""
    calls = step.calls
    if isinstance(step.what, Join):
        while calls and not any(_is_in(steps[of], calls) for of in step.inputs):
            calls = calls[:-1]
    return step._replace(calls=calls)


def _is_in(step: Step, calls: tuple[Call, ...]) -> bool:
    return step.calls[: len(calls)] == calls


def _with_one_input(steps: Steps) -> Steps:
    """Without the calls that take several values, or none: what is in them stands around them."""
    while True:
        inputs: dict[tuple[Call, ...], set[int]] = {}
        for step in steps.values():
            for depth in range(1, len(step.calls) + 1):
                scope = step.calls[:depth]
                outside = {of for of in step.inputs if not _is_in(steps[of], scope)}
                inputs.setdefault(scope, set()).update(outside)
        several = [scope for scope, values in inputs.items() if len(values) != 1]
        if not several:
            return steps
        inner = max(several, key=len)
        steps = {at: _without(step, inner) for at, step in steps.items()}


def _without(step: Step, scope: tuple[Call, ...]) -> Step:
    if not _is_in(step, scope):
        return step
    return step._replace(calls=(*scope[:-1], *step.calls[len(scope) :]))


def readers(steps: Mapping[int, Step]) -> dict[int, list[int]]:
    """The steps that read each value."""
    found: dict[int, list[int]] = {at: [] for at in steps}
    for at, step in steps.items():
        for of in dict.fromkeys(step.inputs):
            found[of].append(at)
    return found


def has_weights(step: Step) -> bool:
    """Whether it is a layer with weights."""
    return isinstance(step.what, Op) and bool(step.weights)
