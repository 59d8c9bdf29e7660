"""Functions that a framework does not have exactly: each alone, against its definition."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnngen.backends.inexact import Inexact
from cnngen.frameworks import Framework
from cnngen.ops import Op, parameters
from cnngen.reference import TABLE
from cnngen.verification.differences import difference
from cnngen.verification.report import Row
from cnngen.verification.subjects import REFERENCE, Subjects
from cnngen.verification.tolerances import EXACT

POINTS = (np.arange(60_000) + 0.5) / 1000 - 30
"""From -30 to 30, not at a kink."""

EXACT_FORM = "exact form"
"""What a function's derivative is held against: the exact form that stands for it elsewhere."""


def functions(subjects: Subjects) -> Iterator[Row]:
    """Rows for the functions of the network's frameworks that are not exact."""
    frameworks = {of.framework.target: of.framework for of in subjects.models.values()}
    for framework in frameworks.values():
        for op, off in subjects.inexact(framework).items():
            yield from _rows(framework, op, off)


def _rows(framework: Framework, op: Op, off: Inexact) -> Iterator[Row]:
    name = spelled(op)
    why = f"{name}: {off.why}; it is compared alone, and has an exact form everywhere else"
    own = framework.curve(op, POINTS)
    with framework.exact():
        exact = framework.curve(op, POINTS)
    expected = TABLE(op, {}, POINTS[:, None])[:, 0]
    values, slopes = difference(own.values, expected), difference(own.slopes, exact.slopes)
    yield Row(f"{name} alone", (framework.target, REFERENCE), *values, EXACT + off.values, why=why)
    pair = framework.target, EXACT_FORM
    yield Row(f"{name} alone, derivative", pair, *slopes, EXACT + off.gradients, why=why)


def spelled(op: Op) -> str:
    """A layer's word and the arguments that are given without a name, as in a source."""
    values = [
        str(getattr(op, parameter.name))
        for parameter in parameters(type(op)).values()
        if parameter.positional and getattr(op, parameter.name) != parameter.default
    ]
    return " ".join([op.word, *values])
