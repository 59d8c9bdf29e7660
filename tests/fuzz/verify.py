"""One source: compiled for both targets, run, and all that is comparable compared in float64.

A network whose results move by more than ``WORST`` times what its inputs and weights are moved by
says nothing about the compiler: rounding alone can move it beyond any tolerance. How much it moves
is measured, and each kind of result that moves too much is left out, and counted.
"""

from __future__ import annotations

import gc
import itertools
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numeric.harness import (
    TARGETS,
    Compiled,
    Problem,
    imported,
    keras_floats,
    keras_model,
    problem,
    run_keras,
    run_torch,
    torch_model,
)
from numeric.training import (
    Batch,
    Step,
    calibrated,
    keras_step_of,
    moved,
    reference_step,
    torch_step_of,
)

from cnngen.backends import backend
from cnngen.compiler import Result, analyse, compile_source
from cnngen.ir import Network
from cnngen.reference import Array, evaluate
from cnngen.source import Source
from fuzz.exact import exact

TOLERANCE = 1e-10
"""Relative: of an output to its largest value, of gradients to the length of all of them."""

NUDGE = 1e-8
"""How far everything is moved, relatively, to see how far the results move."""

WORST = 1e4
"""By how many times as much a result may move and still be judged: rounding is about 1e-15."""

BATCH = 4


class Refused(Exception):  # noqa: N818 - the source is at fault, not the compiler
    """The compiler reports a mistake; its code."""


class Values(NamedTuple):
    """Arrays by what they are, each with the size that its errors are relative to."""

    arrays: dict[str, Array]
    sizes: dict[str, float]


class Report(NamedTuple):
    """What was found wrong, if anything, and how many kinds of results could not be judged."""

    failure: str | None
    networks: int
    judged: Counter[str]
    unjudged: Counter[str]


def verified(text: str) -> str | None:
    """What is wrong with what a source compiles to; None where nothing is. Refused may be raised."""
    return report(text).failure


def report(text: str) -> Report:
    """The same, with figures; a traceback of compiler or generated code is a failure."""
    judged: Counter[str] = Counter()
    unjudged: Counter[str] = Counter()
    count = 0
    try:
        with _compiled(text) as source, exact(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for network in source.networks.values():
                count += 1
                _check(source, network, text, judged, unjudged)
    except Refused:
        raise
    except AssertionError as error:
        return Report(str(error) or traceback.format_exc(limit=-3), count, judged, unjudged)
    except Exception:
        return Report(traceback.format_exc(limit=-6), count, judged, unjudged)
    return Report(None, count, judged, unjudged)


# --- compiling -------------------------------------------------------------------------------


@contextmanager
def _compiled(text: str) -> Iterator[Compiled]:
    """The source's modules; nothing of them is kept afterwards."""
    result = _result(text)
    assert result.module is not None
    texts = {output.target: output.text for output in result.outputs}
    modules = {target: imported(code, target) for target, code in texts.items()}
    try:
        yield Compiled({n.name: n for n in result.module.networks}, modules, texts)
    finally:
        _forget(list(modules.values()))


def _result(text: str) -> Result:
    """Compiled for both targets, or for the one that has a form for all of it."""
    source = Source("case.cnn", text)
    for targets in (TARGETS, *((target,) for target in TARGETS)):
        result = compile_source(source, [backend(name) for name in targets], debug=True)
        if result.module is not None:
            return result
    raise Refused(result.diagnostics[0].code.id)


def _forget(modules: list[Any]) -> None:
    import keras

    for module in modules:
        del sys.modules[module.__name__]
    keras.backend.clear_session(free_memory=False)
    _collect()


def _collect() -> None:
    """Models hold cycles, but a collection takes longer than a small network."""
    if next(_COUNT) % 20 == 0:
        gc.collect()


_COUNT = itertools.count(1)


# --- one network -----------------------------------------------------------------------------


def _check(
    source: Compiled, network: Network, text: str, judged: Counter[str], unjudged: Counter[str]
) -> None:
    given = calibrated(network, problem(network, "float64", BATCH))
    expected, statistics = _expected(network, given)
    near = _nudged(given)
    steady = _steady(expected, _expected(network, near)[0])
    steps: dict[str, Step] = {}
    for target in source.modules:
        found, steps[target] = _RUNS[target](source, network, given)
        found |= _statistics(network, given, statistics, target, steps[target], expected)
        _compare(target, found, expected, steady, judged, unjudged)
    if len(steps) == 2:
        slopes = {target: _slopes(step) for target, step in steps.items()}
        again = _slopes(_RUNS["torch"](source, network, near)[1])
        _compare_slopes(slopes["keras"], slopes["torch"], again, judged, unjudged)
    _check_arguments(source, network, text, judged, unjudged)


def _expected(network: Network, given: Problem) -> tuple[Values, dict[str, Batch]]:
    """What the reference says of evaluation and training."""
    outputs, batches = reference_step(network, given)
    arrays = {"evaluation": evaluate(network, given.weights, given.x)}
    arrays |= {f"training, {name}": y for name, y in outputs.items()}
    sizes = {name: float(np.max(np.abs(y))) or 1.0 for name, y in arrays.items()}
    for path, batch in batches.items():
        arrays |= {f"{path} mean": batch.mean, f"{path} variance": batch.variance}
        # A mean's rounding is relative to what it is a mean of, a variance's to the squares.
        size = float(np.max(np.abs(batch.mean) + np.sqrt(batch.variance))) or 1.0
        sizes |= {f"{path} mean": size, f"{path} variance": size**2}
    return Values(arrays, sizes), batches


def _statistics(
    network: Network,
    given: Problem,
    batches: dict[str, Batch],
    target: str,
    step: Step,
    expected: Values,
) -> dict[str, Array]:
    """The batch's statistics as far as a target took them over, so that they can be compared.

    What a target keeps is (1 - m) old + m new. Its difference from the formula is added to the
    batch's own.
    """
    found: dict[str, Array] = {}
    for key, wanted in moved(network, given, batches, target).items():
        name = " ".join(key)
        found[name] = expected.arrays[name] + (step.weights[key] - wanted)
    return found


def _nudged(given: Problem) -> Problem:
    random = np.random.default_rng(11)

    def nudge(array: Array) -> Array:
        moved_by: Array = array * (1 + NUDGE * random.normal(0, 1, array.shape))
        return moved_by

    weights = {p: {k: nudge(v) for k, v in own.items()} for p, own in given.weights.items()}
    return given._replace(weights=weights, x=nudge(given.x))


def _steady(expected: Values, near: Values) -> dict[str, bool]:
    """Which results move little enough to be judged."""
    return {
        name: _away(near.arrays[name], array, expected.sizes[name]) <= WORST * NUDGE
        for name, array in expected.arrays.items()
    }


def _away(a: Array, b: Array, size: float) -> float:
    return float(np.max(np.abs(a - b))) / size


def _compare(
    target: str,
    found: dict[str, Array],
    expected: Values,
    steady: dict[str, bool],
    judged: Counter[str],
    unjudged: Counter[str],
) -> None:
    for name, array in found.items():
        assert array.shape == expected.arrays[name].shape, f"{target}, {name}: {array.shape}"
        kind = name.split(",")[0] if "," in name or " " not in name else "statistics"
        (judged if steady[name] else unjudged)[kind] += 1
        away = _away(array, expected.arrays[name], expected.sizes[name])
        assert not steady[name] or away <= TOLERANCE, f"{target}, {name}: off by {away:.1e}"


# --- gradients -------------------------------------------------------------------------------


def _slopes(step: Step) -> dict[Any, Array]:
    return {**step.gradients, ("", "input"): step.x}


def _compare_slopes(
    keras: dict[Any, Array],
    torch: dict[Any, Array],
    near: dict[Any, Array],
    judged: Counter[str],
    unjudged: Counter[str],
) -> None:
    """All gradients, the input's among them, relative to the length of all together."""
    assert keras.keys() == torch.keys()
    steady = _distance(near, torch) <= WORST * NUDGE
    (judged if steady else unjudged)["gradients"] += 1
    away = _distance(keras, torch)
    worst = max(keras, key=lambda key: float(np.sum(np.square(keras[key] - torch[key]))))
    assert not steady or away <= TOLERANCE, f"gradients: off by {away:.1e}, mostly {worst}"


def _distance(a: dict[Any, Array], b: dict[Any, Array]) -> float:
    away = sum(float(np.sum(np.square(a[key] - b[key]))) for key in b)
    whole = sum(float(np.sum(np.square(b[key]))) for key in b)
    return float(np.sqrt(away / whole)) if whole else float(np.sqrt(away))


# --- targets ---------------------------------------------------------------------------------


def _run_torch(source: Compiled, network: Network, given: Problem) -> tuple[dict[str, Array], Step]:
    model = torch_model(source, network, given)
    found = {"evaluation": run_torch(model, given)}
    step = torch_step_of(model, network, given)
    return found | _outputs(step), step


def _run_keras(source: Compiled, network: Network, given: Problem) -> tuple[dict[str, Array], Step]:
    with keras_floats(given.dtype):
        model = keras_model(source, network, given)
        found = {"evaluation": run_keras(model, given)}
        step = keras_step_of(model, network, given)
    return found | _outputs(step), step


def _outputs(step: Step) -> dict[str, Array]:
    return {f"training, {name}": y for name, y in step.outputs.items()}


_RUNS: dict[str, Callable[..., tuple[dict[str, Array], Step]]] = {
    "torch": _run_torch,
    "keras": _run_keras,
}


# --- parameters of the constructor -----------------------------------------------------------


def _check_arguments(
    source: Compiled, network: Network, text: str, judged: Counter[str], unjudged: Counter[str]
) -> None:
    """Given other values, a constructor makes what the source means with these values."""
    values = {p.name: p.default + 1 if type(p.default) is int else 0.25 for p in network.parameters}
    other = _with_values(network, text, values) if values else None
    if other is None:
        return
    given = calibrated(other, problem(other, "float64", BATCH))
    expected, _ = _expected(other, given)
    steady = _steady(expected, _expected(other, _nudged(given))[0])
    other = other._replace(name=network.name)
    found = {"torch": run_torch(torch_model(source, other, given, **values), given)}
    if "keras" in source.modules:
        with keras_floats(given.dtype):
            found["keras"] = run_keras(keras_model(source, other, given, **values), given)
    for target, y in found.items():
        what = f"{target} with {values}"
        _compare(what, {"evaluation": y}, expected, steady, judged, unjudged)


def _with_values(network: Network, text: str, values: dict[str, Any]) -> Network | None:
    """The network that a variant with these values is; None where it is refused."""
    given = " ".join(f"{name}={value}" for name, value in values.items())
    line = f"\nnetwork OtherValues = {network.name} {given}\n"
    module = analyse(Source("values.cnn", text + line)).module
    return module.networks[-1] if module else None
