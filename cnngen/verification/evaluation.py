"""The output in evaluation: running statistics, no side heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np

from cnngen.reference import Array, evaluate
from cnngen.verification.differences import difference, diverged
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
    outputs = {REFERENCE: evaluate(subjects.network, given.weights, given.x)}

    @cache
    def noise() -> float:
        change = shaken(subjects.dtype)
        moved = evaluate(subjects.network, given.weights, given.x, change=change)
        return difference(moved, outputs[REFERENCE]).relative

    first = partial(subjects.first_place, given.weights, given.x, training=False)
    with subjects.exact():
        for name, subject in subjects.models.items():
            advance(f"{CHECK}: {name}")
            outputs[name] = subject.model.evaluate(given.x)
        rows = []
        for a, b in pairs(outputs):
            found = difference(outputs[a], outputs[b])
            lost = diverged([outputs[a]], [outputs[b]])
            rows.append(subjects.forward(CHECK, (a, b), found, first, noise, diverged=lost))
    yield from rows
    yield from _as_they_are(subjects, given.x, outputs[REFERENCE])


def _as_they_are(subjects: Subjects, x: Array, expected: Array) -> Iterator[Row]:
    """Rows for the models whose functions were replaced by exact forms."""
    for name, subject in subjects.models.items():
        if subjects.inexact(subject.framework) and np.all(np.isfinite(expected)):
            found = difference(subject.model.evaluate(x), expected)
            yield Row(AS_IT_IS, (name, REFERENCE), *found, None)
