"""The loss over several steps of training.

Rounding alone makes two runs of one deep network part, by about thirty times with each step. What
is judged is therefore each step from the same weights, which are those of the first model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from cnngen.frameworks import MAIN, Adam, Key, Loss, Optimiser, Sgd, Step, Weights
from cnngen.record import NamedTuple
from cnngen.reference import Array, train
from cnngen.verification.differences import Difference, of_gradients, of_numbers, worst
from cnngen.verification.losses import goals, shares, squares
from cnngen.verification.problem import Problem, inputs, nested
from cnngen.verification.report import Row
from cnngen.verification.subjects import REFERENCE, Pair, Subjects, pairs

OPTIMISERS: dict[str, Optimiser] = {"SGD": Sgd(), "Adam": Adam()}

Losses = dict[str, list[float]]
"""By model, in the order of the steps."""

Stepper = Callable[[Array, Loss], Step]


class Plan(NamedTuple):
    """What is trained on: inputs and a loss for each step."""

    batches: tuple[tuple[Array, Loss], ...]


def plan(subjects: Subjects, given: Problem, steps: int) -> Plan:
    """The same batches for every optimiser."""
    expected = train(subjects.network, given.weights, given.x)
    outputs = {MAIN: expected.output, **expected.heads}
    counts = shares(subjects.network)
    return Plan(
        tuple(
            (
                inputs(subjects.network, given.dtype, len(given.x), seed=100 + step),
                squares(goals(outputs, seed=200 + step), counts),
            )
            for step in range(steps)
        )
    )


def synchronised(
    subjects: Subjects, given: Problem, of: Plan, name: str, advance: Callable[[str], None]
) -> tuple[list[Row], Losses]:
    """Each step from the same weights: its loss, and the gradients."""
    steppers = _steppers(subjects, given, OPTIMISERS[name])
    losses: Losses = {REFERENCE: [], **{other: [] for other in steppers}}
    gradients: dict[Pair, list[Difference]] = {pair: [] for pair in pairs(steppers)}
    broken: dict[Pair, str] = {}
    weights: Weights = given.weights
    for number, (x, loss) in enumerate(of.batches, 1):
        advance(f"{name}, step {number}")
        subjects.load(weights)
        losses[REFERENCE].append(_reference_loss(subjects, weights, x, loss))
        steps = {other: step(x, loss) for other, step in steppers.items()}
        for other, step in steps.items():
            losses[other].append(step.loss)
        for a, b in gradients:
            gradients[a, b].append(of_gradients(steps[a].gradients, steps[b].gradients))
        after = _weights(subjects)
        for pair in pairs(losses):
            if pair not in broken and not _loss_holds(subjects, losses, pair):
                broken[pair] = _where(subjects, weights, x, pair, number)
        weights = after
    return list(_rows(subjects, name, losses, gradients, broken)), losses


def _rows(
    subjects: Subjects,
    name: str,
    losses: Losses,
    gradients: Mapping[Pair, list[Difference]],
    broken: Mapping[Pair, str],
) -> Iterator[Row]:
    for pair in pairs(losses):
        allowed = subjects.limits(pair)
        found = _of_losses(losses, pair)
        where = broken.get(pair, "")
        yield Row(f"{name}, loss", pair, *found, allowed.forward, where, allowed.why)
    for pair, differences in gradients.items():
        allowed = subjects.limits(pair)
        yield Row(
            f"{name}, gradients", pair, *worst(differences), allowed.gradients, why=allowed.why
        )


def free_running(
    subjects: Subjects, given: Problem, of: Plan, name: str, advance: Callable[[str], None]
) -> tuple[list[Row], Losses]:
    """Each model goes its own way from the same start; shown, not judged."""
    steppers = _steppers(subjects, given, OPTIMISERS[name])
    losses: Losses = {other: [] for other in steppers}
    for number, (x, loss) in enumerate(of.batches, 1):
        advance(f"{name}, free-running, step {number}")
        for other, step in steppers.items():
            losses[other].append(step(x, loss).loss)
    check = f"{name}, loss, free-running"
    rows = [Row(check, pair, *_of_losses(losses, pair), None) for pair in pairs(losses)]
    return rows, losses


def _steppers(subjects: Subjects, given: Problem, optimiser: Optimiser) -> dict[str, Stepper]:
    subjects.load(given.weights)
    return {name: subject.model.train(optimiser) for name, subject in subjects.models.items()}


def _weights(subjects: Subjects) -> Weights:
    """What the first model has come to."""
    first = next(iter(subjects.models.values()))
    found: Mapping[Key, Array] = first.model.weights()
    return nested(found)


def _reference_loss(subjects: Subjects, weights: Weights, x: Array, loss: Loss) -> float:
    expected = train(subjects.network, weights, x)
    return loss({MAIN: expected.output, **expected.heads})[0]


def _of_losses(losses: Losses, pair: Pair) -> Difference:
    a, b = (losses[name] for name in pair)
    return worst([of_numbers(one, other) for one, other in zip(a, b, strict=True)])


def _loss_holds(subjects: Subjects, losses: Losses, pair: Pair) -> bool:
    last = of_numbers(losses[pair[0]][-1], losses[pair[1]][-1])
    return last.relative <= subjects.limits(pair).forward


def _where(subjects: Subjects, weights: Weights, x: Array, pair: Pair, number: int) -> str:
    subjects.load(weights)
    first = partial(subjects.first_layer, weights, x, training=True)
    layer = first(pair, subjects.limits(pair).forward)
    return f"{layer}, step {number}" if layer else f"step {number}"
