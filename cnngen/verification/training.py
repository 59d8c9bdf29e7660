"""One step of training: outputs, gradients, and what batch norms remember; dropout is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import nan

from cnngen.frameworks import Framework, Key, Step
from cnngen.ir import Network, layers
from cnngen.ops import BatchNorm
from cnngen.reference import Array, Batch, Training
from cnngen.verification.differences import length, of_gradients, of_outputs
from cnngen.verification.directions import slopes
from cnngen.verification.losses import goals, loss_weights, squared_error
from cnngen.verification.problem import Problem
from cnngen.verification.report import Row
from cnngen.verification.subjects import REFERENCE, Pair, Subjects, pairs

OUTPUTS = "output in training"
INPUT = "gradient of input"
WEIGHTS = "gradients of weights"
STATISTICS = "running statistics"


def training(
    subjects: Subjects, given: Problem, expected: Training, advance: Callable[[str], None]
) -> Iterator[Row]:
    """Compare a step of all from the same weights; ``expected`` is what the reference gives."""
    subjects.load(given.weights)
    outputs = {REFERENCE: expected.outputs}
    targets = goals(expected.outputs, [given.seed, 3])
    loss = squared_error(targets, loss_weights(subjects.network))
    steps: dict[str, Step] = {}
    for name, subject in subjects.models.items():
        advance(f"{OUTPUTS} and gradients: {name}")
        steps[name] = subject.model.step(given.x, loss)
        outputs[name] = steps[name].outputs
    statistics = list(_statistics(subjects, given, expected.batches))
    first = partial(subjects.first_layer, given.weights, given.x, training=True)
    for pair in pairs(outputs):
        yield _of_outputs(subjects, outputs, pair, first)
    yield from slopes(subjects, given, loss, steps)
    for pair in pairs(steps):
        yield from gradients(subjects, steps, pair)
    yield from statistics


def _of_outputs(
    subjects: Subjects,
    outputs: Mapping[str, Mapping[str, Array]],
    pair: Pair,
    first: Callable[[Pair, float], str],
) -> Row:
    """All outputs of the network; one that a model lacks differs by what is no number."""
    a, b = (outputs[name] for name in pair)
    wanted = outputs[REFERENCE]
    missing = [name for name in wanted if name not in a or name not in b]
    if missing:
        limit = subjects.limits(pair).forward
        return Row(OUTPUTS, pair, nan, nan, limit, f"side head {missing[0]}, which is missing")
    found = of_outputs({name: a[name] for name in wanted}, {name: b[name] for name in wanted})
    return subjects.forward(OUTPUTS, pair, found, first)


def gradients(subjects: Subjects, steps: Mapping[str, Step], pair: Pair) -> Iterator[Row]:
    """Rows for the gradients of the input and of all weights."""
    a, b = (steps[name] for name in pair)
    allowed = subjects.limits(pair)
    found = of_gradients({INPUT: a.x}, {INPUT: b.x})
    yield Row(INPUT, pair, *found, allowed.gradients, why=allowed.why)
    if not b.gradients:
        return
    row = Row(
        WEIGHTS, pair, *of_gradients(a.gradients, b.gradients), allowed.gradients, why=allowed.why
    )
    if not row.holds and allowed.gradients is not None:
        row = row._replace(layer=last_layer(subjects.network, a, b, allowed.gradients))
    yield row


def last_layer(network: Network, a: Step, b: Step, limit: float) -> str:
    """The layer nearest to the output whose weights' gradients differ: going back, the first."""
    whole = length(b.gradients) or 1.0
    for path, layer in reversed(list(layers(network.body))):
        keys = [(path, weight.name) for weight in layer.op.weights(layer.at.input) if weight.trained]
        away = {key: a.gradients[key].astype("float64") - b.gradients[key] for key in keys}
        if not length(away) / whole <= limit:
            return path
    return ""


def _statistics(subjects: Subjects, given: Problem, batches: Mapping[str, Batch]) -> Iterator[Row]:
    """Rows for what batch norms remember after a step."""
    if not batches:
        return
    for name, subject in subjects.models.items():
        expected = moved(subjects.network, given, batches, subject.framework)
        weights = subject.model.weights()
        found = {key: weights[key] for key in expected}
        allowed = subjects.limits((name, REFERENCE))
        row = Row(
            STATISTICS,
            (name, REFERENCE),
            *of_outputs(found, expected),
            allowed.forward,
            why=allowed.why,
        )
        if not row.holds:
            row = row._replace(layer=_first_statistic(found, expected, allowed.forward))
        yield row


def _first_statistic(
    found: Mapping[Key, Array], expected: Mapping[Key, Array], limit: float
) -> str:
    for key in expected:
        one = of_outputs({key: found[key]}, {key: expected[key]})
        if not one.relative <= limit:
            return key[0]
    return ""


def moved(
    network: Network, given: Problem, batches: Mapping[str, Batch], framework: Framework
) -> dict[Key, Array]:
    """The statistics after a step, as the framework's documentation says they are.

    The share of the new batch is the op's ``momentum``. Of the batch's variance some remember the
    unbiased estimate, others the biased one (docs/targets.md).
    """
    found: dict[Key, Array] = {}
    ops = {path: layer.op for path, layer in layers(network.body)}
    for path, batch in batches.items():
        op = ops[path]
        assert isinstance(op, BatchNorm)
        unbiased = batch.size / (batch.size - 1) if framework.unbiased_variance else 1.0
        before, new = given.weights[path], op.momentum
        found[path, "mean"] = (1 - new) * before["mean"] + new * batch.mean
        variance = unbiased * batch.variance
        found[path, "variance"] = (1 - new) * before["variance"] + new * variance
    return found
