"""The loss over several steps of training.

Rounding alone makes two runs of one deep network part, by about thirty times with each step. What
is judged is therefore each step from the same weights, which are those of the first model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnngen.frameworks import Adam, Key, Loss, Optimiser, Sgd, Step, Weights
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.reference import Array, train
from cnngen.verification.differences import Difference, of_gradients, of_numbers, worst
from cnngen.verification.losses import goals, loss_weights, squared_error
from cnngen.verification.problem import Problem, inputs, nested
from cnngen.verification.report import Row
from cnngen.verification.subjects import REFERENCE, Pair, Subjects, pairs
from cnngen.verification.training import last_layer

OPTIMISERS: dict[str, Optimiser] = {"SGD": Sgd(), "Adam": Adam()}

Losses = dict[str, list[float]]
"""By model, in the order of the steps."""

Stepper = Callable[[Array, Loss], Step]

Plan = Sequence[tuple[Array, Loss]]
"""Inputs and a loss for each step."""


def plan(network: Network, given: Problem, outputs: Mapping[str, Array], steps: int) -> Plan:
    """The same batches for every optimiser; goals have the size of the ``outputs``."""
    weights = loss_weights(network)
    return [
        (
            inputs(network, given.dtype, len(given.x), [given.seed, 5, step]),
            squared_error(goals(outputs, [given.seed, 6, step]), weights),
        )
        for step in range(steps)
    ]


class _Found(NamedTuple):
    """What the steps gave: by pair of models the differences, and where the first was too large."""

    losses: Losses
    gradients: dict[Pair, list[Difference]]
    moves: dict[Pair, list[Difference]]
    where: dict[tuple[str, Pair], str]


def synchronised(
    subjects: Subjects, given: Problem, batches: Plan, name: str, advance: Callable[[str], None]
) -> tuple[list[Row], Losses]:
    """Each step from the same weights: its loss, the gradients, and how far weights move."""
    steppers = _steppers(subjects, given, OPTIMISERS[name])
    found = _Found(
        {REFERENCE: [], **{other: [] for other in steppers}},
        {pair: [] for pair in pairs(steppers)},
        {pair: [] for pair in pairs(steppers)},
        {},
    )
    weights: Weights = given.weights
    for number, (x, loss) in enumerate(batches, 1):
        advance(f"{name}, step {number}")
        subjects.load(weights)
        found.losses[REFERENCE].append(loss(train(subjects.network, weights, x).outputs)[0])
        steps = {other: step(x, loss) for other, step in steppers.items()}
        for other, step in steps.items():
            found.losses[other].append(step.loss)
        after = {other: subject.model.weights() for other, subject in subjects.models.items()}
        for a, b in found.gradients:
            found.gradients[a, b].append(of_gradients(steps[a].gradients, steps[b].gradients))
            moves = [_moves(weights, after[other], steps[other]) for other in (a, b)]
            found.moves[a, b].append(of_gradients(*moves))
        _note_losses(subjects, found, weights, x, number)
        _note_gradients(subjects, found, steps, number)
        weights = nested(next(iter(after.values())))
    return list(_rows(subjects, name, found)), found.losses


def _moves(before: Weights, after: Mapping[Key, Array], step: Step) -> dict[Key, Array]:
    """By how much each trained weight has moved."""
    return {key: after[key].astype("float64") - before[key[0]][key[1]] for key in step.gradients}


def _note_losses(
    subjects: Subjects, found: _Found, weights: Weights, x: Array, number: int
) -> None:
    """Remember where and in which step losses first are too far apart."""
    for pair in pairs(found.losses):
        limit = subjects.limits(pair).forward
        a, b = (found.losses[name][-1] for name in pair)
        if ("loss", pair) not in found.where and not of_numbers(a, b).relative <= limit:
            subjects.load(weights)
            layer = subjects.first_layer(weights, x, pair, limit, training=True)
            found.where["loss", pair] = _place(layer, number)


def _note_gradients(
    subjects: Subjects, found: _Found, steps: Mapping[str, Step], number: int
) -> None:
    """Remember where and in which step gradients first are too far apart."""
    for pair, differences in found.gradients.items():
        limit = subjects.limits(pair).gradients
        if limit is None or ("gradients", pair) in found.where:
            continue
        if not differences[-1].relative <= limit:
            layer = last_layer(subjects.network, steps[pair[0]], steps[pair[1]], limit)
            found.where["gradients", pair] = _place(layer, number)


def _place(layer: str, number: int) -> str:
    return f"{layer}, step {number}" if layer else f"step {number}"


def _rows(subjects: Subjects, name: str, found: _Found) -> Iterator[Row]:
    for pair in pairs(found.losses):
        allowed = subjects.limits(pair)
        away = _of_losses(found.losses, pair)
        where = found.where.get(("loss", pair), "")
        yield Row(f"{name}, loss", pair, *away, allowed.forward, where, allowed.why)
    for pair, differences in found.gradients.items():
        allowed = subjects.limits(pair)
        where = found.where.get(("gradients", pair), "")
        away = worst(differences)
        yield Row(f"{name}, gradients", pair, *away, allowed.gradients, where, allowed.why)
    for pair, differences in found.moves.items():
        # Adam divides by the size of a gradient, also where that is zero but for rounding.
        limit = subjects.limits(pair).gradients if name == "SGD" else None
        yield Row(f"{name}, weight updates", pair, *worst(differences), limit)


def free_running(
    subjects: Subjects, given: Problem, batches: Plan, name: str, advance: Callable[[str], None]
) -> tuple[list[Row], Losses]:
    """Each model goes its own way from the same start; shown, not judged."""
    steppers = _steppers(subjects, given, OPTIMISERS[name])
    losses: Losses = {other: [] for other in steppers}
    for number, (x, loss) in enumerate(batches, 1):
        advance(f"{name}, free-running, step {number}")
        for other, step in steppers.items():
            losses[other].append(step(x, loss).loss)
    check = f"{name}, loss, free-running"
    rows = [Row(check, pair, *_of_losses(losses, pair), None) for pair in pairs(losses)]
    return rows, losses


def _steppers(subjects: Subjects, given: Problem, optimiser: Optimiser) -> dict[str, Stepper]:
    subjects.load(given.weights)
    return {name: subject.model.train(optimiser) for name, subject in subjects.models.items()}


def _of_losses(losses: Losses, pair: Pair) -> Difference:
    a, b = (losses[name] for name in pair)
    return worst([of_numbers(one, other) for one, other in zip(a, b, strict=True)])
