"""A model that does something else in training."""

from __future__ import annotations

from collections.abc import Hashable

from cnngen.lifting.traced import Output, Traced, UnliftableError
from cnngen.ops import Op


def both(evaluation: Traced, training: Traced) -> Traced:
    """The record of training, which says what is returned in evaluation and what beside it.

    Raises:
        UnliftableError: there is a step in evaluation that training has not.
    """
    found: dict[Hashable, int] = {}
    there = _values(training, found)
    known = set(found.values())
    here = _values(evaluation, found)
    for step, value in zip(evaluation.steps, here, strict=True):
        if value not in known:
            where = step.place or "the model"
            raise UnliftableError(f"{where} does in evaluation what it does not in training")
    returned = {there[output.step]: output for output in training.outputs}
    outputs = []
    for output in evaluation.outputs:
        value = here[output.step]
        own = returned.pop(value, None)
        outputs.append(Output(output.name, there.index(value) if own is None else own.step))
    heads = tuple(output for output in training.outputs if output in returned.values())
    return training._replace(outputs=tuple(outputs), heads=heads)


def _values(traced: Traced, known: dict[Hashable, int]) -> list[int]:
    """A number for the value of each step, the same wherever the same is worked out of the same.

    What draws at random gives what it takes. ``known`` are the values of all records together.
    """
    found: list[int] = []
    for step in traced.steps:
        taken = tuple(found[place] for place in step.inputs)
        if isinstance(step.what, Op) and step.what.draws:
            found.append(taken[0])
        else:
            key = (step.what, step.name, step.calls, taken)
            found.append(known.setdefault(key, len(known)))
    return found
