"""Steps in the form in which structure is found: what is unused goes, joins stand where they join.

Steps keep their numbers; those that are gone are missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from cnngen.lifting.structure.padding import same_where_it_is
from cnngen.lifting.traced import Call, Input, Join, Step, Traced
from cnngen.ops import ChannelShuffle, Flatten, Op, Permute, Reshape

Steps = dict[int, Step]


ARRANGING = (ChannelShuffle, Flatten, Permute, Reshape)
"""What changes no values."""


def normal(traced: Traced) -> Steps:
    """The steps that something reads, each in the module that it belongs to."""
    steps = dict(enumerate(traced.steps))
    steps = _used(steps, [out.step for out in (*traced.outputs, *traced.heads)])
    steps = _nested_concats(_without_detours(steps, named=traced.named))
    if not traced.named:
        steps = same_where_it_is(steps)
    steps = _used(steps, [out.step for out in (*traced.outputs, *traced.heads)])
    return _with_one_input(_with_heads_inside(_placed(steps), traced))


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


def _without_detours(steps: Steps, *, named: bool) -> Steps:
    """Without reshapes back to the map that was flattened; layers that are numbered stay."""
    same: dict[int, int] = {}
    found: Steps = {}
    for at, step in steps.items():
        step = step._replace(inputs=tuple(same.get(of, of) for of in step.inputs))
        found[at] = step
        if not isinstance(step.what, Reshape) or (named and step.name):
            continue
        before = found[step.inputs[0]]
        if isinstance(before.what, Flatten) and found[before.inputs[0]].shape == step.shape:
            same[at] = before.inputs[0]
    return found


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


def _placed(steps: Steps) -> Steps:
    """Steps in the modules that they belong to.

    A join that a module begins with stands before it: blocks have one input. What only arranges
    values belongs to what made them, in whatever module that is noticed.
    """
    reads = readers(steps)
    found: Steps = {}
    before = -1
    for at, step in steps.items():
        calls = step.calls
        if isinstance(step.what, ARRANGING) and not step.name:
            source = found[step.inputs[0]]
            if step.inputs[0] == before and reads[before] == [at]:
                calls = source.calls
            else:
                calls = _common(source.calls, calls)
        if isinstance(step.what, Join):
            while calls and not any(_is_in(steps[of], calls) for of in step.inputs):
                calls = calls[:-1]
        found[at] = step._replace(calls=calls)
        before = at
    return found


def _common(a: tuple[Call, ...], b: tuple[Call, ...]) -> tuple[Call, ...]:
    depth = 0
    while depth < min(len(a), len(b)) and a[depth] == b[depth]:
        depth += 1
    return a[:depth]


def _is_in(step: Step, calls: tuple[Call, ...]) -> bool:
    return step.calls[: len(calls)] == calls


def _with_heads_inside(steps: Steps, traced: Traced) -> Steps:
    """Side heads that a module holds happen in its call, wherever they are called."""
    trunk = set(_used(steps, [out.step for out in traced.outputs]))
    for out in traced.heads:
        own = set(_used(steps, [out.step])) - trunk
        starts = {of for at in own for of in steps[at].inputs} - own
        if len(starts) == 1:
            (start,) = starts
            steps = _moved(steps, own, start)
    return steps


def _moved(steps: Steps, own: Collection[int], start: int) -> Steps:
    """The steps with those of a head right after what they take, in the call that holds them."""
    calls = steps[start].calls
    while calls and not all(_is_held(steps[at], calls[-1].path) for at in own):
        calls = calls[:-1]
    if not calls:
        return steps
    moved = {
        at: step._replace(calls=(*calls, *(c for c in step.calls if c not in calls)))
        for at, step in steps.items()
        if at in own
    }
    made: Steps = {}
    for at, step in steps.items():
        if at not in own:
            made[at] = step
        if at == start:
            made |= moved
    return made


def _is_held(step: Step, path: str) -> bool:
    """Whether a module at this path holds what a step applies; functions belong to any."""
    names = [*(call.path for call in step.calls), *([step.name] if has_weights(step) else ())]
    return all(name == path or name.startswith(f"{path}.") for name in names)


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
