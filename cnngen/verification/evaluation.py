"""The output in evaluation: running statistics, no side heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from cnngen.reference import evaluate
from cnngen.verification.differences import difference
from cnngen.verification.problem import Problem
from cnngen.verification.report import Row
from cnngen.verification.subjects import REFERENCE, Subjects, pairs

CHECK = "output in evaluation"


def evaluation(subjects: Subjects, given: Problem, advance: Callable[[str], None]) -> Iterator[Row]:
    """Compare the main outputs of all."""
    subjects.load(given.weights)
    advance(f"{CHECK}: {REFERENCE}")
    outputs = {REFERENCE: evaluate(subjects.network, given.weights, given.x)}
    for name, subject in subjects.models.items():
        advance(f"{CHECK}: {name}")
        outputs[name] = subject.model.evaluate(given.x)
    first = partial(subjects.first_layer, given.weights, given.x, training=False)
    for a, b in pairs(outputs):
        yield subjects.forward(CHECK, (a, b), difference(outputs[a], outputs[b]), first)
