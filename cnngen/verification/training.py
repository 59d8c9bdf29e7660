"""One step of training: outputs, gradients, and what batch norms remember; dropout is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from cnngen.frameworks import MAIN, Framework, Key, Step
from cnngen.ir import Network, layers
from cnngen.ops import BatchNorm
from cnngen.reference import Array, Batch, train
from cnngen.verification.differences import Difference, length, of_gradients, of_outputs
from cnngen.verification.losses import goals, shares, squares
from cnngen.verification.problem import Problem
from cnngen.verification.report import Row
from cnngen.verification.subjects import REFERENCE, Pair, Subjects, pairs

OUTPUTS = "output in training"
INPUT = "gradient of the input"
WEIGHTS = "gradients of the weights"
STATISTICS = "batch-norm statistics"


def training(subjects: Subjects, given: Problem, advance: Callable[[str], None]) -> Iterator[Row]:
    """Compare a step of all from the same weights."""
    subjects.load(given.weights)
    advance(f"{OUTPUTS}: {REFERENCE}")
    expected = train(subjects.network, given.weights, given.x)
    outputs = {REFERENCE: {MAIN: expected.output, **expected.heads}}
    loss = squares(goals(outputs[REFERENCE], seed=7), shares(subjects.network))
    steps: dict[str, Step] = {}
    for name, subject in subjects.models.items():
        advance(f"{OUTPUTS} and gradients: {name}")
        steps[name] = subject.model.step(given.x, loss)
        outputs[name] = steps[name].outputs
    statistics = list(_statistics(subjects, given, expected.batches))
    first = partial(_first_layer, subjects, given)
    for a, b in pairs(outputs):
        yield subjects.forward(OUTPUTS, (a, b), _of_common(outputs[a], outputs[b]), first)
    for pair in pairs(steps):
        yield from gradients(subjects, steps, pair)
    yield from statistics


def _first_layer(subjects: Subjects, given: Problem, pair: Pair, limit: float) -> str:
    subjects.load(given.weights)
    return subjects.first_layer(given.weights, given.x, pair, limit, training=True)


def _of_common(a: Mapping[str, Array], b: Mapping[str, Array]) -> Difference:
    """A model of the user's own may lack side heads, or give them other names."""
    common = [name for name in a if name in b]
    return of_outputs({name: a[name] for name in common}, {name: b[name] for name in common})


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
        row = row._replace(layer=_last_layer(subjects.network, a, b, allowed.gradients))
    yield row


def _last_layer(network: Network, a: Step, b: Step, limit: float) -> str:
    """The layer nearest to the output whose weights' gradients differ: going back, the first."""
    whole = length(b.gradients) or 1.0
    for path, layer in reversed(list(layers(network.body))):
        keys = [(path, weight.name) for weight in layer.op.weights(layer.input) if weight.trained]
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
