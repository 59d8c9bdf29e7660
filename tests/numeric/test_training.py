"""One step of training, dropout off: outputs, all gradients, and what batch norms remember.

In float64 only: in float32, rounding decides some relus and maxima otherwise, and each such
decision moves a gradient as a whole.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cnngen.frameworks import framework
from cnngen.ir import Network
from cnngen.reference import train
from cnngen.verification import Subject, Subjects
from cnngen.verification.training import INPUT, OUTPUTS, first_step, training
from numeric.cases import CASES, MOST_LAYERS, Case
from numeric.harness import TARGETS, Compiled, compiled, problem, subject
from numeric.region_cases import CASES as REGION_CASES
from numeric.region_cases import RegionCase
from numeric.smaller import EXAMPLES, networks, smaller

EACH = list({case.kind: case for case in reversed(CASES)}.values())
"""Each chain on one of its inputs."""

BATCH = 4


def check(source: Compiled, network: Network, scale: float = 1.0) -> None:
    """A step of each target against the reference, and the gradients of both."""
    given = problem(network, "float64", BATCH, scale=scale)
    models = {
        target: Subject(framework(target), subject(target, source, network, given))
        for target in TARGETS
    }
    expected = train(network, given.weights, given.inputs)
    subjects = Subjects(network, models, "float64")
    with subjects.exact():
        begun = first_step(subjects, given, expected, lambda _: None)
        rows = list(training(subjects, given, begun))
    assert {row.check for row in rows} >= {OUTPUTS, INPUT}
    assert all(row.limit is not None for row in rows)
    assert not [row for row in rows if not row.holds]


@pytest.fixture
def _free_memory() -> Iterator[None]:
    """Models hold cycles; the large ones must not wait for the next collection."""
    yield
    gc.collect()


def _examples() -> list[Any]:
    return [
        pytest.param(path.name, name, id=name)
        for path in sorted(EXAMPLES.glob("*.cnn"))
        for name in networks(path)
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("_free_memory")
@pytest.mark.parametrize(("file", "name"), _examples())
def test_example(file: str, name: str) -> None:
    source = compiled(smaller(EXAMPLES / file), file)
    check(source, source.networks[name])


@pytest.mark.parametrize("case", REGION_CASES, ids=str)
def test_region(case: RegionCase) -> None:
    source = compiled(case.text)
    for network in source.networks.values():
        check(source, network)


@pytest.mark.parametrize("case", EACH, ids=str)
def test_layer(case: Case) -> None:
    source = compiled(_without_dropout(case.text))
    check(source, source.networks["Case"], case.scale)


def test_most_layers_in_one_network() -> None:
    source = compiled(_without_dropout(MOST_LAYERS))
    check(source, source.networks["Most"])


def _without_dropout(text: str) -> str:
    return re.sub(r"\bdropout\b[^,\n]*", "dropout 0", text)
