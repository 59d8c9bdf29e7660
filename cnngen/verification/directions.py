"""Gradients against the reference, which has none: its loss, a little to both sides.

The derivative along one random direction through all weights and the input takes every gradient
into account; a gradient that stops somewhere, or counts twice, shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from cnngen.frameworks import Key, Loss, Step, Weights
from cnngen.reference import Array, train
from cnngen.verification.differences import size
from cnngen.verification.problem import Problem
from cnngen.verification.report import Row
from cnngen.verification.rounding import shaken
from cnngen.verification.subjects import REFERENCE, Subjects
from cnngen.verification.tolerances import rounding

CHECK = "slope of the loss"

STEP = 1e-9
"""How far to each side, as a share of the values' own size.

Of a deep network, a hundred times as far crosses so many kinks that the slope is 1e-3 off; a
hundredth as far, the rounding of the loss is as large.
"""

LIMIT = 1e-3
"""In float64. Kinks between both sides, of a relu or a maximum, are most of the error."""

FLAT = 1e-2
"""A slope below this share of the loss is not told from the rounding of the loss.

More of it is where norms magnify rounding.
"""


def slopes(
    subjects: Subjects, given: Problem, loss: Loss, steps: Mapping[str, Step]
) -> Iterator[Row]:
    """Rows for the derivative of the loss along a direction, of each model and the reference."""
    first = next(iter(steps.values()))
    random = np.random.default_rng([given.seed, 4])
    weights = {
        key: size([given.weights[key[0]][key[1]]]) * random.normal(0, 1, gradient.shape)
        for key, gradient in first.gradients.items()
    }
    ways = {name: size([x]) * random.normal(0, 1, x.shape) for name, x in given.inputs.items()}
    expected = _slope(subjects, given, loss, weights, ways)
    flat = max(FLAT, rounding(subjects.dtype, subjects.magnified) / (STEP * LIMIT))
    for name, step in steps.items():
        parts = [float(np.sum(step.gradients[key] * way)) for key, way in weights.items()]
        parts += [float(np.sum(step.inputs[name] * way)) for name, way in ways.items()]
        away = abs(sum(parts) - expected)
        scale = math.hypot(*parts, flat * step.loss) or 1.0
        limit = LIMIT if subjects.dtype == "float64" else None
        lost = not (math.isfinite(expected) or math.isfinite(sum(parts)))
        row = Row(CHECK, (name, REFERENCE), away, away / scale, limit, diverged=lost)
        if row.verdict == "differs":
            row = row.allowing(_noise(subjects, given, loss) / scale)
        yield row


def _noise(subjects: Subjects, given: Problem, loss: Loss) -> float:
    """How far rounding alone moves the central difference."""
    ends = [
        loss(
            train(
                subjects.network, given.weights, given.inputs, change=shaken(subjects.dtype, n)
            ).outputs
        )
        for n in range(2)
    ]
    return abs(ends[0][0] - ends[1][0]) / (2 * STEP)


def _slope(
    subjects: Subjects,
    given: Problem,
    loss: Loss,
    way: Mapping[Key, Array],
    ways: Mapping[str, Array],
) -> float:
    """The central difference of the reference's loss."""
    ends = []
    for side in (STEP, -STEP):
        inputs = {name: x + side * ways[name] for name, x in given.inputs.items()}
        outputs = train(subjects.network, _moved(given, way, side), inputs).outputs
        ends.append(loss(outputs)[0])
    return (ends[0] - ends[1]) / (2 * STEP)


def _moved(given: Problem, way: Mapping[Key, Array], side: float) -> Weights:
    return {
        path: {
            name: array + side * way[path, name] if (path, name) in way else array
            for name, array in own.items()
        }
        for path, own in given.weights.items()
    }
