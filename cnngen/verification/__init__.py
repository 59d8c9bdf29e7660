"""Whether models are the same network: held against each other, and against the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import ModuleType

import numpy as np

from cnngen.frameworks import Framework, Model, Weights, framework
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.reference import Batch, Training, train
from cnngen.verification.evaluation import evaluation
from cnngen.verification.functions import functions
from cnngen.verification.magnification import Magnification
from cnngen.verification.matching import Match, MismatchError, likelier, match
from cnngen.verification.problem import Problem, problem, trained
from cnngen.verification.report import Place, Report, Row
from cnngen.verification.subjects import REFERENCE, Subject, Subjects
from cnngen.verification.training import first_step, training
from cnngen.verification.trajectories import OPTIMISERS, Losses, free_running, plan, synchronised

__all__ = [
    "BatchTooSmallError",
    "Match",
    "MismatchError",
    "Place",
    "Report",
    "Row",
    "Settings",
    "Subject",
    "Subjects",
    "likelier",
    "match",
    "models_for_inference",
    "models_of",
    "verify",
    "verify_evaluation",
    "work",
]


FEWEST = 3
"""Values that a batch norm needs for its output to depend on its input."""


class BatchTooSmallError(ValueError):
    """A batch norm would have too few values; the message says which."""


class Settings(NamedTuple):
    """How to compare.

    Attributes:
        dtype: ``float64`` or ``float32``.
        batch: inputs at a time.
        steps: steps of training with each optimiser; 0 leaves them out.
        free_running: also train each model on its own.
        seed: of weights and inputs.
    """

    dtype: str = "float64"
    batch: int = 4
    steps: int = 2
    free_running: bool = False
    seed: int = 0


def models_of(network: Network, texts: Mapping[str, str], dtype: str) -> dict[str, Subject]:
    """The models that generated modules make of a network, by target.

    Args:
        network: what the models are of.
        texts: the modules' sources, by target.
        dtype: ``float64`` or ``float32``.

    Raises:
        MissingFrameworkError: a framework is not installed.
        NoFrameworkError: nothing runs what this target generates.
    """
    found = {}
    for target, text in texts.items():
        of = framework(target)
        found[target] = Subject(of, of.build(of.module(text), network, dtype))
    return found


def models_for_inference(
    models: Mapping[str, Subject], lowered: Network, texts: Mapping[str, str], dtype: str
) -> dict[str, Subject]:
    """The models for inference, whose weights their own ``from_trained`` makes.

    Args:
        models: those for training, by target.
        lowered: the network for inference.
        texts: the sources of the modules of ``lowered``, by target.
        dtype: ``float64`` or ``float32``.
    """
    found = {}
    for target, text in texts.items():
        of, trained = models[target].framework, models[target].model
        module = of.module(text)
        model = of.build(module, lowered, dtype)
        take = partial(_take, of, module, lowered, model, trained)
        found[f"{target} for inference"] = Subject(of, model, take)
    return found


def _take(
    framework: Framework,
    module: ModuleType,
    lowered: Network,
    model: Model,
    trained: Model,
    weights: Weights,
) -> None:
    trained.load(weights)
    framework.move_trained(module, lowered, model, trained)


def verify(
    network: Network,
    models: Mapping[str, Subject],
    settings: Settings,
    advance: Callable[[str], None] = lambda _: None,
) -> Report:
    """Compare models of a network: evaluation, a step of training, several steps.

    Args:
        network: what the models are of.
        models: by the name that each has in the report.
        settings: how to compare.
        advance: is told of each piece of work before it begins; :func:`work` says how many.

    Raises:
        BatchTooSmallError: a batch norm would have too few values to normalise.
    """
    with np.errstate(all="ignore"):  # what is no number is told of in the report
        return _report(network, models, settings, advance)


def verify_evaluation(
    network: Network,
    models: Mapping[str, Subject],
    settings: Settings,
    advance: Callable[[str], None] = lambda _: None,
) -> Report:
    """Compare what models give in evaluation, such as those for inference; see :func:`verify`.

    Raises:
        BatchTooSmallError: a batch norm would have too few values to normalise.
    """
    with np.errstate(all="ignore"):
        subjects, given, _ = _begin(network, models, settings, advance)
        rows = tuple(evaluation(subjects, given, advance))
    return Report(network.name, settings.dtype, settings.batch, rows, {})


class _Begun(NamedTuple):
    """What is compared on what: weights as after training, and the reference's step of it."""

    subjects: Subjects
    given: Problem
    expected: Training


def _begin(
    network: Network,
    models: Mapping[str, Subject],
    settings: Settings,
    advance: Callable[[str], None],
) -> _Begun:
    start = problem(network, settings.dtype, settings.batch, settings.seed)
    advance(f"{REFERENCE}, in training")
    norms = Magnification()
    # Statistics have no part in training: this holds for the ones that are made of it as well.
    expected = train(network, start.weights, start.inputs, see=norms.see)
    _check_sizes(expected.batches)
    given = trained(start, expected.batches)
    return _Begun(Subjects(network, models, settings.dtype, norms.factor), given, expected)


def _report(
    network: Network,
    models: Mapping[str, Subject],
    settings: Settings,
    advance: Callable[[str], None],
) -> Report:
    subjects, given, expected = _begin(network, models, settings, advance)
    rows = list(evaluation(subjects, given, advance))
    losses: dict[str, Losses] = {}
    with subjects.exact():
        first = first_step(subjects, given, expected, advance)
        rows += training(subjects, given, first)
        batches = plan(network, given, first, settings.steps)
        for name in OPTIMISERS if settings.steps else ():
            more, losses[name] = synchronised(subjects, given, first, batches, name, advance)
            rows += more
            if settings.free_running:
                free = f"{name}, free-running"
                more, losses[free] = free_running(subjects, given, batches, name, advance)
                rows += more
    rows += functions(subjects)
    return Report(network.name, settings.dtype, settings.batch, tuple(rows), losses)


def _check_sizes(batches: Mapping[str, Sequence[Batch]]) -> None:
    for path, every in batches.items():
        seen = min(every, key=lambda batch: batch.size)
        if seen.size < FEWEST:
            raise BatchTooSmallError(
                f"the batch norm {path} would see {seen.size} values of each channel, of which it "
                f"makes -1 and 1 whatever they are: take {FEWEST} inputs or more"
            )


def work(models: int, settings: Settings, *, in_training: bool = True) -> int:
    """How many pieces of work there are for this many models."""
    if not in_training:
        return models + 2
    runs = 2 if settings.free_running else 1
    return 2 * (models + 1) + len(OPTIMISERS) * settings.steps * runs
