"""The output in evaluation: running statistics, no side heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial

import numpy as np

from cnngen.reference import Array, evaluate
from cnngen.verification.differences import diverged, of_outputs
from cnngen.verification.problem import Problem
from cnngen.verification.report import Row
from cnngen.verification.rounding import shaken
from cnngen.verification.subjects import REFERENCE, Subjects, pairs

CHECK = "output in evaluation"

AS_IT_IS = f"{CHECK}, as it is"
"""With the framework's own functions, exact or not."""


def evaluation(subjects: Subjects, given: Problem, advance: Callable[[str], None]) -> Iterator[Row]:
    """Compare the main outputs of all."""
    subjects.load(given.weights)
    advance(f"{CHECK}: {REFERENCE}")
    outputs = {REFERENCE: evaluate(subjects.network, given.weights, given.inputs)}

    @cache
    def noise() -> float:
        change = shaken(subjects.dtype)
        moved = evaluate(subjects.network, given.weights, given.inputs, change=change)
        return of_outputs(moved, outputs[REFERENCE]).relative

    first = partial(subjects.first_place, given.weights, given.inputs, training=False)
    with subjects.exact():
        for name, subject in subjects.models.items():
            advance(f"{CHECK}: {name}")
            outputs[name] = _own(subject.evaluate(given.inputs), outputs[REFERENCE])
        rows = []
        for a, b in pairs(outputs):
            found = of_outputs(outputs[a], outputs[b])
            lost = diverged(outputs[a].values(), outputs[b].values())
            rows.append(subjects.forward(CHECK, (a, b), found, first, noise, diverged=lost))
    yield from rows
    yield from _as_they_are(subjects, given.inputs, outputs[REFERENCE])


def _own(made: Mapping[str, Array], expected: Mapping[str, Array]) -> dict[str, Array]:
    """What a model gives of what the network returns: one of the user's own may give more."""
    return {name: made[name] for name in expected}


def _as_they_are(
    subjects: Subjects, inputs: Mapping[str, Array], expected: Mapping[str, Array]
) -> Iterator[Row]:
    """Rows for the models whose functions were replaced by exact forms."""
    finite = all(np.all(np.isfinite(y)) for y in expected.values())
    for name, subject in subjects.models.items():
        if subjects.inexact(subject.framework) and finite:
            found = of_outputs(_own(subject.evaluate(inputs), expected), expected)
            yield Row(AS_IT_IS, (name, REFERENCE), *found, None)
