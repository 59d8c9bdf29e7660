"""One step of training: outputs, gradients, and what batch norms remember; dropout is off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice, permutations
from math import nan

import numpy as np

from cnngen.frameworks import Framework, Key, Loss, Step, Weights
from cnngen.ir import Network, layers
from cnngen.ops import BatchNorm
from cnngen.record import NamedTuple
from cnngen.reference import Array, Batch, Training, train
from cnngen.verification.differences import diverged, length, of_gradients, of_outputs, size, worst
from cnngen.verification.directions import slopes
from cnngen.verification.losses import goals, loss_weights, squared_error
from cnngen.verification.problem import Problem
from cnngen.verification.report import Place, Row
from cnngen.verification.rounding import shaken, shaken_step
from cnngen.verification.subjects import REFERENCE, Pair, Subject, Subjects, pairs

OUTPUTS = "output in training"
INPUT = "gradient of input"
WEIGHTS = "gradients of weights"
STATISTICS = "running statistics"


class FirstStep(NamedTuple):
    """A step from the weights that are given, on the inputs that are given.

    Optimisers start with it: their first step has the same gradients.
    """

    loss: Loss
    expected: Training
    steps: Mapping[str, Step]


def first_step(
    subjects: Subjects, given: Problem, expected: Training, advance: Callable[[str], None]
) -> FirstStep:
    """A step of all models; ``expected`` is what the reference gives. Batch norms move."""
    subjects.load(given.weights)
    targets = goals(expected.outputs, [given.seed, 3])
    loss = squared_error(targets, loss_weights(subjects.network))
    steps: dict[str, Step] = {}
    for name, subject in subjects.models.items():
        advance(f"{OUTPUTS} and gradients: {name}")
        steps[name] = subject.step(given.inputs, loss)
    return FirstStep(loss, expected, steps)


def training(subjects: Subjects, given: Problem, first_step: FirstStep) -> Iterator[Row]:
    """Compare the first step of all, and what batch norms remember of it."""
    loss, expected, steps = first_step
    outputs = {REFERENCE: expected.outputs, **{name: of.outputs for name, of in steps.items()}}

    @cache
    def moved_by_rounding() -> Training:
        change = shaken(subjects.dtype)
        return train(subjects.network, given.weights, given.inputs, change=change)

    def noise() -> float:
        return of_outputs(moved_by_rounding().outputs, expected.outputs).relative

    both = expected.batches, lambda: moved_by_rounding().batches
    statistics = list(_statistics(subjects, given, *both))
    first = partial(subjects.first_place, given.weights, given.inputs, training=True)
    forward = [_of_outputs(subjects, outputs, pair, first, noise) for pair in pairs(outputs)]
    yield from forward
    yield from slopes(subjects, given, loss, steps)
    apart = {row.pair for row in forward if not row.holds}
    least = least_scales(subjects, given.weights, given.inputs, loss(expected.outputs)[0])
    begun = given.weights, given.inputs, loss
    for pair in pairs(steps):
        for row in gradients(subjects, steps, pair, least, known=pair not in apart):
            if row.verdict == "differs":
                models = [(subjects.models[name], steps[name]) for name in pair]
                row = row.allowing(
                    max(noise(), gradient_noise(models, begun, subjects.dtype, least))
                )
            yield row
    for row in statistics:
        yield row._replace(place=Place(row.place.text)) if row.pair in apart else row


class Least(NamedTuple):
    """The least scale of gradients, of the inputs and of all weights: see :data:`FLAT`."""

    inputs: float
    weights: float


def least_scales(
    subjects: Subjects, weights: Weights, inputs: Mapping[str, Array], loss: float
) -> Least:
    """By what gradients are measured where all of them are next to nothing.

    What moves by its own size changes the loss by about as much as the loss, as a rule.
    """
    trained = [weights[path][name] for path, name in trained_weights(subjects.network)]
    share = subjects.limits().flat * loss
    return Least(share / (size(inputs.values()) or 1.0), share / (size(trained) or 1.0))


def trained_weights(network: Network) -> Iterator[Key]:
    """The weights that training changes."""
    for path, layer in layers(network.body):
        for weight in layer.op.weights(layer.at.input):
            if weight.trained:
                yield path, weight.name


def _of_outputs(
    subjects: Subjects,
    outputs: Mapping[str, Mapping[str, Array]],
    pair: Pair,
    first: Callable[[Pair, float], Place],
    noise: Callable[[], float],
) -> Row:
    """All outputs of the network; one that a model lacks differs by what is no number."""
    a, b = (outputs[name] for name in pair)
    wanted = outputs[REFERENCE]
    missing = [name for name in wanted if name not in a or name not in b]
    if missing:
        limit = subjects.limits().forward
        place = Place(f"first in the output {missing[0]}, which is missing")
        return Row(OUTPUTS, pair, nan, nan, limit, place)
    both = [{name: of[name] for name in wanted} for of in (a, b)]
    lost = diverged(*(of.values() for of in both))
    return subjects.forward(OUTPUTS, pair, of_outputs(*both), first, noise, diverged=lost)


def gradients(
    subjects: Subjects, steps: Mapping[str, Step], pair: Pair, least: Least, *, known: bool
) -> Iterator[Row]:
    """Rows for the gradients of the inputs and of all weights.

    Where they part can be told if the outputs are ``known`` to be the same.
    """
    a, b = (steps[name] for name in pair)
    allowed = subjects.limits()
    found = of_gradients(a.inputs, b.inputs, least.inputs)
    lost = diverged(a.inputs.values(), b.inputs.values())
    yield Row(INPUT, pair, *found, allowed.gradients, why=allowed.why, diverged=lost)
    if not b.gradients:
        return
    found = of_gradients(a.gradients, b.gradients, least.weights)
    lost = diverged(a.gradients.values(), b.gradients.values())
    row = Row(WEIGHTS, pair, *found, allowed.gradients, why=allowed.why, diverged=lost)
    if row.verdict == "differs" and known and allowed.gradients is not None:
        place = last_place(subjects.network, a, b, allowed.gradients, least.weights)
        row = row._replace(place=place)
    yield row


def gradient_noise(
    models: Sequence[tuple[Subject, Step]],
    begun: tuple[Weights, Mapping[str, Array], Loss],
    dtype: str,
    least: Least,
) -> float:
    """How far rounding moves the gradients of both of two models, of inputs and weights."""
    found = []
    for subject, step in models:
        other = shaken_step(subject, *begun, dtype)
        moved = (
            of_gradients(other.inputs, step.inputs, least.inputs),
            of_gradients(other.gradients, step.gradients, least.weights),
        )
        found.append(worst(moved).relative)
    return min(found)  # of one that is wrong it may be anything


def last_place(network: Network, a: Step, b: Step, limit: float, least: float) -> Place:
    """The layer nearest to the output whose weights' gradients differ: going back, the first."""
    whole = max(length(b.gradients), least) or 1.0
    for path, layer in reversed(list(layers(network.body))):
        keys = [
            (path, weight.name) for weight in layer.op.weights(layer.at.input) if weight.trained
        ]
        away = {key: a.gradients[key].astype("float64") - b.gradients[key] for key in keys}
        if not length(away) / whole <= limit:
            return Place(f"going back, first in the weights of {path}")
    return Place()


def _statistics(
    subjects: Subjects,
    given: Problem,
    batches: Mapping[str, Sequence[Batch]],
    moved_by_rounding: Callable[[], Mapping[str, Sequence[Batch]]],
) -> Iterator[Row]:
    """Rows for what batch norms remember after a step."""
    if not batches:
        return
    for name, subject in subjects.models.items():
        weights = subject.model.weights()
        expected = moved(subjects.network, given, batches, subject.framework, weights)
        found = {key: weights[key] for key in expected}
        row = Row(
            STATISTICS,
            (name, REFERENCE),
            *of_outputs(found, expected),
            subjects.limits().forward,
            diverged=diverged(found.values(), expected.values()),
        )
        if row.verdict == "differs":
            shaken_batches = moved_by_rounding()
            other = moved(subjects.network, given, shaken_batches, subject.framework, weights)
            row = row.allowing(of_outputs(other, expected).relative)
        if row.verdict == "differs" and row.limit is not None:
            row = row._replace(place=_first_statistic(found, expected, row.limit))
        yield row


def _first_statistic(
    found: Mapping[Key, Array], expected: Mapping[Key, Array], limit: float
) -> Place:
    for key in expected:
        one = of_outputs({key: found[key]}, {key: expected[key]})
        if not one.relative <= limit:
            return Place(f"first in the statistics of {key[0]}", key[0])
    return Place()


def moved(
    network: Network,
    given: Problem,
    batches: Mapping[str, Sequence[Batch]],
    framework: Framework,
    weights: Mapping[Key, Array],
) -> dict[Key, Array]:
    """The statistics after a step, as the framework's documentation says they are.

    The share of the new batch is the op's ``momentum``. Of the batch's variance some remember the
    unbiased estimate, others the biased one (docs/targets.md). Where a norm is applied several
    times and the framework has an order of its own, the one that comes nearest to ``weights``.
    """
    found: dict[Key, Array] = {}
    ops = {path: layer.op for path, layer in layers(network.body)}
    for path, every in batches.items():
        op = ops[path]
        assert isinstance(op, BatchNorm)
        orders: Iterable[Sequence[Batch]] = [every]
        if not framework.keeps_order:
            orders = islice(permutations(every), MOST_ORDERS)
        ends = [_statistics_after(given.weights[path], op, order, framework) for order in orders]
        mean = weights[path, "mean"]
        nearest = min(ends, key=lambda end: float(np.max(np.abs(end[0] - mean))))
        found[path, "mean"], found[path, "variance"] = nearest
    return found


MOST_ORDERS = 720
"""Orders that are tried: all of six times that a norm is applied."""


def _statistics_after(
    before: Mapping[str, Array], op: BatchNorm, batches: Iterable[Batch], framework: Framework
) -> tuple[Array, Array]:
    """Mean and variance when a norm has seen these batches one after another."""
    mean, variance = before["mean"], before["variance"]
    for batch in batches:
        unbiased = batch.size / (batch.size - 1) if framework.unbiased_variance else 1.0
        mean = (1 - op.momentum) * mean + op.momentum * batch.mean
        variance = (1 - op.momentum) * variance + op.momentum * unbiased * batch.variance
    return mean, variance
