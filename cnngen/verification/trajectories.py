"""The loss over several steps of training.

Rounding alone makes two runs of one deep network part, by about thirty times with each step. What
is judged is therefore each step from the same weights, which are those of the first model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite

from cnngen.frameworks import Adam, Key, Loss, Move, Optimiser, Sgd, Step, Weights
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.reference import Array, train
from cnngen.verification.differences import Difference, of_gradients, of_numbers, worst
from cnngen.verification.losses import goals, loss_weights, squared_error
from cnngen.verification.problem import Problem, nested, random_inputs
from cnngen.verification.report import Place, Row
from cnngen.verification.rounding import shaken
from cnngen.verification.subjects import REFERENCE, Pair, Subjects, pairs
from cnngen.verification.tolerances import rounding
from cnngen.verification.training import (
    FirstStep,
    Least,
    gradient_noise,
    last_place,
    least_scales,
)

OPTIMISERS: dict[str, Optimiser] = {"SGD": Sgd(), "Adam": Adam()}

Losses = dict[str, list[float]]
"""By model, in the order of the steps."""

Plan = Sequence[tuple[Mapping[str, Array], Loss]]
"""Inputs and a loss for each step."""


def plan(network: Network, given: Problem, first: FirstStep, steps: int) -> Plan:
    """The same batches for every optimiser, that of the first step before all."""
    weights = loss_weights(network)
    later = [
        (
            random_inputs(network, given.dtype, given.batch, [given.seed, 5, step]),
            squared_error(goals(first.expected.outputs, [given.seed, 6, step]), weights),
        )
        for step in range(1, steps)
    ]
    return [(given.inputs, first.loss), *later]


GROWN = 1e6
"""A loss that has grown by more has diverged: weights have gone where rounding decides."""


class _Found(NamedTuple):
    """What the steps gave: by pair of models the differences, and where the first was too large.

    ``diverged`` says in which step the losses of a pair have. ``noise`` is how far rounding alone
    moves the loss, ``gradient_noise`` the gradients, in the steps in which that matters.
    """

    losses: Losses
    differences: dict[Pair, list[Difference]]
    gradients: dict[Pair, list[Difference]]
    moves: dict[Pair, list[Difference]]
    where: dict[tuple[str, Pair], Place]
    diverged: dict[Pair, int]
    noise: list[float]
    gradient_noise: list[float]


def synchronised(
    subjects: Subjects,
    given: Problem,
    first: FirstStep,
    batches: Plan,
    name: str,
    advance: Callable[[str], None],
) -> tuple[list[Row], Losses]:
    """Each step from the same weights: its loss, the gradients, and how far weights move.

    It ends before a step in which the loss has diverged.
    """
    moves = _optimisers(subjects, given, OPTIMISERS[name])
    found = _found(moves)
    weights: Weights = given.weights
    for number, batch in enumerate(batches, 1):
        advance(f"{name}, step {number}")
        if not found.diverged:
            known = first if number == 1 else None
            weights = _step(subjects, found, moves, weights, batch, number, known)
    return list(_rows(subjects, name, found)), found.losses


def _step(
    subjects: Subjects,
    found: _Found,
    moves: Mapping[str, Move],
    weights: Weights,
    batch: tuple[Mapping[str, Array], Loss],
    number: int,
    known: FirstStep | None,
) -> Weights:
    """Take down a step of all models from these weights, and give those of the first after it."""
    x, loss = batch
    subjects.load(weights)
    if known is not None:
        outputs, steps = known.expected.outputs, known.steps
    else:
        outputs = train(subjects.network, weights, x).outputs
        steps = {name: subject.step(x, loss) for name, subject in subjects.models.items()}
    found.losses[REFERENCE].append(loss(outputs)[0])
    for name, step in steps.items():
        found.losses[name].append(step.loss)
        moves[name](step.gradients)
    after = {name: subject.model.weights() for name, subject in subjects.models.items()}
    _note_losses(subjects, found, weights, batch, number)
    if not found.diverged:
        least = least_scales(subjects, weights, x, found.losses[REFERENCE][-1])
        _note_moves(found, steps, least.weights, weights, after)
        _note_gradients(subjects, found, steps, (weights, x, loss), least, number)
    return nested(next(iter(after.values())))


def _found(names: Mapping[str, object]) -> _Found:
    """Nothing yet."""
    losses: Losses = {REFERENCE: [], **{name: [] for name in names}}
    models = list(pairs(names))
    return _Found(
        losses,
        {pair: [] for pair in pairs(losses)},
        {pair: [] for pair in models},
        {pair: [] for pair in models},
        {},
        {},
        [],
        [],
    )


def has_diverged(losses: Sequence[float]) -> bool:
    """Whether the last loss is no number to compare, or beyond all bounds of the first."""
    return not (isfinite(losses[-1]) and losses[-1] <= GROWN * (losses[0] or 1.0))


def _moves(before: Weights, after: Mapping[Key, Array], step: Step) -> dict[Key, Array]:
    """By how much each trained weight has moved."""
    return {key: after[key].astype("float64") - before[key[0]][key[1]] for key in step.gradients}


def _note_losses(
    subjects: Subjects,
    found: _Found,
    weights: Weights,
    batch: tuple[Mapping[str, Array], Loss],
    number: int,
) -> None:
    """Take down the losses of a step, and where they first are too far apart."""
    x, _ = batch
    limit = subjects.limits().forward
    before = len(found.noise)
    for pair, differences in found.differences.items():
        if all(has_diverged(found.losses[name]) for name in pair):
            found.diverged[pair] = number
            continue
        differences.append(of_numbers(*(found.losses[name][-1] for name in pair)))
        if ("loss", pair) not in found.where and not differences[-1].relative <= limit:
            if len(found.noise) == before:
                found.noise.append(_noise(subjects, weights, batch, found.losses[REFERENCE][-1]))
            if differences[-1].relative <= found.noise[-1]:
                continue
            subjects.load(weights)
            place = subjects.first_place(weights, x, pair, limit, training=True)
            found.where["loss", pair] = place.at_step(number)


def _noise(
    subjects: Subjects, weights: Weights, batch: tuple[Mapping[str, Array], Loss], expected: float
) -> float:
    """How far rounding alone moves the loss."""
    x, loss = batch
    moved = train(subjects.network, weights, x, change=shaken(subjects.dtype))
    known = rounding(subjects.dtype, subjects.magnified)
    return max(known, of_numbers(loss(moved.outputs)[0], expected).relative)


def _note_gradients(
    subjects: Subjects,
    found: _Found,
    steps: Mapping[str, Step],
    begun: tuple[Weights, Mapping[str, Array], Loss],
    least: Least,
    number: int,
) -> None:
    """Take down the gradients of a step, and where they first are too far apart."""
    limit = subjects.limits().gradients
    for pair, differences in found.gradients.items():
        a, b = (steps[name] for name in pair)
        differences.append(of_gradients(a.gradients, b.gradients, least.weights))
        if limit is None or ("gradients", pair) in found.where:
            continue
        if differences[-1].relative <= limit:
            continue
        models = [(subjects.models[name], steps[name]) for name in pair]
        noise = gradient_noise(models, begun, subjects.dtype, least)
        found.gradient_noise.append(noise)
        if not differences[-1].relative <= max(limit, noise):
            known = ("loss", pair) not in found.where
            place = last_place(subjects.network, a, b, limit, least.weights) if known else Place()
            found.where["gradients", pair] = place.at_step(number)


def _note_moves(
    found: _Found,
    steps: Mapping[str, Step],
    least: float,
    weights: Weights,
    after: Mapping[str, Mapping[Key, Array]],
) -> None:
    """Take down how far a step has moved the weights.

    A move of SGD is at least that of the least gradient that is told from rounding.
    """
    for pair, differences in found.moves.items():
        a, b = (_moves(weights, after[name], steps[name]) for name in pair)
        differences.append(of_gradients(a, b, Sgd().learning_rate * least))


def _rows(subjects: Subjects, name: str, found: _Found) -> Iterator[Row]:
    allowed = subjects.limits()
    # Adam divides by the size of a gradient, also where that is zero but for rounding.
    updates = allowed.gradients if name == "SGD" else None
    for what, differences, limit in (
        ("loss", found.differences, allowed.forward),
        ("gradients", found.gradients, allowed.gradients),
        ("weight updates", found.moves, updates),
    ):
        for pair, of in differences.items():
            step = found.diverged.get(pair)
            place = found.where.get((what, pair), Place())
            why = "" if what == "loss" else allowed.why
            row = Row(f"{name}, {what}", pair, *worst(of), limit, place, why)
            if row.verdict == "differs":
                noise = found.noise if what == "loss" else found.gradient_noise
                row = row.allowing(max(noise, default=0.0))
            # What was wrong before it diverged is wrong.
            if step is not None and row.verdict == "ok":
                row = row._replace(diverged=True, place=Place().at_step(step))
            yield row


def free_running(
    subjects: Subjects, given: Problem, batches: Plan, name: str, advance: Callable[[str], None]
) -> tuple[list[Row], Losses]:
    """Each model goes its own way from the same start; shown, not judged."""
    moves = _optimisers(subjects, given, OPTIMISERS[name])
    losses: Losses = {other: [] for other in moves}
    for number, (x, loss) in enumerate(batches, 1):
        advance(f"{name}, free-running, step {number}")
        for other, move in moves.items():
            step = subjects.models[other].step(x, loss)
            losses[other].append(step.loss)
            move(step.gradients)
    check = f"{name}, loss, free-running"
    rows = [Row(check, pair, *_of_losses(losses, pair), None) for pair in pairs(losses)]
    return rows, losses


def _optimisers(subjects: Subjects, given: Problem, settings: Optimiser) -> dict[str, Move]:
    """A new one for each model; all start at the same weights."""
    subjects.load(given.weights)
    return {name: of.model.optimiser(settings) for name, of in subjects.models.items()}


def _of_losses(losses: Losses, pair: Pair) -> Difference:
    a, b = (losses[name] for name in pair)
    return worst([of_numbers(one, other) for one, other in zip(a, b, strict=True)])
