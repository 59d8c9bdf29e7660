"""One source: compiled for both targets, run, and all that is comparable compared in float64.

A network whose results move by more than ``WORST`` times what its inputs and weights are moved by
says nothing about the compiler: rounding alone can move it beyond any tolerance. Where two models
differ, it is measured how much the result moves; one that moves too much is not judged but counted.
"""

from __future__ import annotations

import gc
import inspect
import itertools
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from cnngen.backends import backend
from cnngen.compiler import Result, analyse, compile_source
from cnngen.diagnostics.codes import INEXPRESSIBLE
from cnngen.frameworks import framework, places
from cnngen.ir import Network, layers
from cnngen.reference import Array, Training, evaluate, train
from cnngen.source import Source
from cnngen.verification import Row, Settings, Subject, models_of, verify
from cnngen.verification.differences import of_gradients, of_outputs
from cnngen.verification.evaluation import CHECK as EVALUATION
from cnngen.verification.evaluation import evaluation
from cnngen.verification.losses import goals, loss_weights, squared_error
from cnngen.verification.problem import Problem, problem, trained
from cnngen.verification.subjects import Subjects
from cnngen.verification.training import STATISTICS
from fuzz.exact import exact

TARGETS = ("torch", "keras")

SETTINGS = Settings(steps=0)

NUDGE = 1e-8
"""How far everything is moved, relatively, to see how far the results move."""

WORST = 1e4
"""By how many times as much a result may move and still be judged: rounding is about 1e-15."""

CONSTANT = 1e-20
"""A variance, relative to the mean's square, that is only the rounding of equal values."""


class Refused(Exception):  # noqa: N818 - the source is at fault, not the compiler
    """The compiler reports a mistake; its code."""


class Unwritten(Exception):  # noqa: N818 - the compiler is at fault, not the source
    """The compiler finds no code for what it finds no mistake in."""


class Report(NamedTuple):
    """What was found wrong, if anything; what was compared, and what could not be judged."""

    failure: str | None
    networks: int
    judged: Counter[str]
    unjudged: Counter[str]


def verified(text: str) -> str | None:
    """What is wrong with what a source compiles to; None where nothing is.

    Raises:
        Refused: the compiler reports a mistake in it.
    """
    return report(text).failure


def report(text: str) -> Report:
    """The same, with figures; a traceback of compiler or generated code is a failure."""
    judged: Counter[str] = Counter()
    unjudged: Counter[str] = Counter()
    count = 0
    try:
        with exact(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = _compiled(text)
            assert result.complete
            texts = {output.target: output.text for output in result.outputs}
            for count, network in enumerate(result.module.networks, 1):
                failure = _failure(network, texts, text, judged, unjudged)
                if failure:
                    return Report(failure, count, judged, unjudged)
    except Refused:
        raise
    except Exception:
        return Report(traceback.format_exc(limit=-6), count, judged, unjudged)
    finally:
        _forget()
    return Report(None, count, judged, unjudged)


def _compiled(text: str) -> Result:
    """Compiled for both targets, or for the one that has a form for all of it."""
    source = Source("case.cnn", text)
    for targets in (TARGETS, *((target,) for target in TARGETS)):
        result = compile_source(source, [backend(name) for name in targets], debug=True)
        if result.complete:
            return result
    first = result.diagnostics[0]
    if first.code is INEXPRESSIBLE and first.span is None:
        raise Unwritten(first.message)
    raise Refused(first.code.id)


_COUNT = itertools.count(1)


def _forget() -> None:
    """Free the modules and models; a collection takes longer than a small network."""
    import keras

    for name in [name for name in sys.modules if name.startswith("cnngen_generated_")]:
        del sys.modules[name]
    keras.backend.clear_session(free_memory=False)
    if next(_COUNT) % 20 == 0:
        gc.collect()


def _failure(
    network: Network,
    texts: Mapping[str, str],
    text: str,
    judged: Counter[str],
    unjudged: Counter[str],
) -> str | None:
    """What is wrong with a network's models, in words."""
    rows = list(verify(network, models_of(network, texts, SETTINGS.dtype), SETTINGS).rows)
    steady = _Steadiness(network, texts["torch"])
    for row in rows:
        if row.holds:
            judged[row.check] += 1
        elif steady.of(row.check):
            return f"{network.name}, {_described(row)}"
        else:
            unjudged[row.check] += 1
    return _with_arguments(network, texts, text, judged)


def _described(row: Row) -> str:
    where = f", {row.place.text}" if row.place.text else ""
    return f"{row.check}: {' and '.join(row.pair)} are {row.relative:.1e} apart{where}"


# --- whether a result can be judged ----------------------------------------------------------


class _Steadiness:
    """How far results move where weights and inputs move a little; see ``WORST``."""

    def __init__(self, network: Network, torch_text: str) -> None:
        self.network, self.text = network, torch_text
        start = problem(network, SETTINGS.dtype, SETTINGS.batch, SETTINGS.seed)
        self.given = _trained(network, start)
        self.near = _nudged(self.given)

    def of(self, check: str) -> bool:
        """Whether what is checked moves little enough."""
        if check != EVALUATION and (_normalises_one_value(self.network) or self._constant()):
            return False
        moves = self._gradients() if check.startswith("gradient") else self._forward(check)
        return moves <= WORST * NUDGE

    def _constant(self) -> bool:
        """Whether a batch norm sees a constant: it magnifies nothing but the rounding of it."""
        each = train(self.network, self.given.weights, self.given.inputs).batches.values()
        return any(
            bool(np.any(batch.variance <= CONSTANT * np.square(batch.mean)))
            for batches in each
            for batch in batches
        )

    def _forward(self, check: str) -> float:
        if check == EVALUATION:
            one, two = (
                evaluate(self.network, p.weights, p.inputs) for p in (self.near, self.given)
            )
            return of_outputs(one, two).relative
        near, here = (train(self.network, p.weights, p.inputs) for p in (self.near, self.given))
        if check == STATISTICS:
            return of_outputs(_statistics(near), _statistics(here)).relative
        return of_outputs(near.outputs, here.outputs).relative

    def _gradients(self) -> float:
        """Of torch: the worse of the weights' gradients and the input's."""
        there = framework("torch")
        model = there.build(there.module(self.text), self.network, SETTINGS.dtype)
        expected = train(self.network, self.given.weights, self.given.inputs)
        loss = squared_error(goals(expected.outputs, [7]), loss_weights(self.network))
        steps = []
        for given in (self.near, self.given):
            model.load(given.weights)
            steps.append(model.step(given.inputs, loss))
        near, here = steps
        inputs = of_gradients(near.inputs, here.inputs).relative
        return float(np.maximum(of_gradients(near.gradients, here.gradients).relative, inputs))


def _statistics(training: Training) -> dict[tuple[str, int, str], Array]:
    """The means and variances of every batch that every batch norm has seen."""
    return {
        (path, turn, name): part
        for path, batches in training.batches.items()
        for turn, batch in enumerate(batches)
        for name, part in (("mean", batch.mean), ("variance", batch.variance))
    }


def _normalises_one_value(network: Network) -> bool:
    """Whether a norm is over one value: the result is zero, and so are all gradients before it.

    What the frameworks have there is the rounding of zero.
    """
    return any(layer.op.values_per_mean(layer.at.input) == 1 for _, layer in layers(network.body))


def _trained(network: Network, start: Problem) -> Problem:
    return trained(start, train(network, start.weights, start.inputs).batches)


def _nudged(given: Problem) -> Problem:
    random = np.random.default_rng(11)

    def nudge(array: Array) -> Array:
        moved: Array = array * (1 + NUDGE * random.normal(0, 1, array.shape))
        return moved

    weights = {p: {k: nudge(v) for k, v in own.items()} for p, own in given.weights.items()}
    return given._replace(
        weights=weights, inputs={name: nudge(x) for name, x in given.inputs.items()}
    )


# --- parameters of the constructor -----------------------------------------------------------


def _with_arguments(
    network: Network, texts: Mapping[str, str], text: str, judged: Counter[str]
) -> str | None:
    """Given other values, a constructor makes what the source means with these values."""
    code = texts[next(iter(texts))]
    takes = inspect.signature(getattr(framework(next(iter(texts))).module(code), network.name))
    known = {name: value for name, value in network.values.items() if name in takes.parameters}
    numbers = {
        name: value + 1 if type(value) is int else 0.25
        for name, value in known.items()
        if type(value) in (int, float)
    }
    truths = {name: not value for name, value in known.items() if type(value) is bool}
    for values in filter(None, (numbers, truths, truths and {**numbers, **truths})):
        failure = _with(network, texts, text, values, judged)
        if failure:
            return failure
    return None


def _with(
    network: Network,
    texts: Mapping[str, str],
    text: str,
    values: Mapping[str, Any],
    judged: Counter[str],
) -> str | None:
    other = _with_values(network, text, values)
    if other is None:
        return None
    models = {}
    for target, code in texts.items():
        if _with_values(network, text, values, target) is not None:
            models[target] = _made(target, code, network, other, values)
        elif not _refuses(target, code, network, values):
            return f"{network.name} for {target} takes {values}, which the compiler refuses"
    given = _trained(other, problem(other, SETTINGS.dtype, SETTINGS.batch))
    for row in evaluation(Subjects(other, models, SETTINGS.dtype), given, lambda _: None):
        if not row.holds and _is_steady(other, given):
            return f"{network.name} with {values}, {_described(row)}"
        judged["constructor"] += 1
    return None


def _is_steady(network: Network, given: Problem) -> bool:
    near = _nudged(given)
    one, two = (evaluate(network, p.weights, p.inputs) for p in (near, given))
    return of_outputs(one, two).relative <= WORST * NUDGE


def _made(
    target: str, code: str, network: Network, other: Network, values: Mapping[str, Any]
) -> Subject:
    """A generated entry called with other values."""
    there = framework(target)
    with there.floats(SETTINGS.dtype):
        thing = getattr(there.module(code), network.name)(**values)
    names = {place.name: place.name for place in places(target, other)}
    return Subject(there, there.adopt(thing, other, SETTINGS.dtype, names))


def _refuses(target: str, code: str, network: Network, values: Mapping[str, Any]) -> bool:
    """Whether a generated entry raises an error of its own for these values."""
    there = framework(target)
    try:
        with there.floats(SETTINGS.dtype):
            getattr(there.module(code), network.name)(**values)
    except ValueError:
        return True
    return False


def _with_values(
    network: Network, text: str, values: Mapping[str, Any], *targets: str
) -> Network | None:
    """The network that a variant with these values is; None where it, or a target, is refused."""
    given = " ".join(f"{name}={str(value).lower()}" for name, value in values.items())
    line = f"\nnetwork OtherValues = {network.name} {given}\n"
    result = analyse(Source("values.cnn", text + line), backends=[*map(backend, targets)])
    return result.module.networks[-1] if result.complete else None
