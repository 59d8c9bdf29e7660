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

from cnngen.ir import Network, layers
from cnngen.ops import Gelu, HardSigmoid, LeakyRelu, Op, Softplus
from numeric.cases import CASES, MOST_LAYERS, Case
from numeric.harness import Compiled, assert_close, compiled, problem
from numeric.region_cases import CASES as REGION_CASES
from numeric.region_cases import RegionCase
from numeric.smaller import EXAMPLES, networks, smaller
from numeric.training import STEPS, distance, moved, reference_step

TOLERANCE = 1e-10
"""Relative: of outputs and statistics to the largest value, of gradients to all of them."""

INEXACT: dict[type[Op], tuple[float, str]] = {
    Gelu: (1e-8, "TensorFlow keeps a constant of it in float32"),
    LeakyRelu: (1e-9, "TensorFlow keeps its slope in float32"),
    HardSigmoid: (1e-7, "torch keeps a constant of its gradient in float32"),
    Softplus: (1e-9, "torch gives x itself above 20, where exp(-20) is 2e-9"),
}
"""Where a framework is not exact in float64, by how much and why."""

EACH = list({case.chain: case for case in reversed(CASES)}.values())
"""Each chain on one of its inputs."""

BATCH = 4


def check(source: Compiled, network: Network, scale: float = 1.0) -> None:
    """A step of each target against the reference, and the gradients of both."""
    given = problem(network, "float64", BATCH, scale=scale)
    ops = {type(layer.op) for _, layer in layers(network.body)}
    limit = max([TOLERANCE, *(INEXACT[op][0] for op in ops & INEXACT.keys())])
    outputs, batches = reference_step(network, given)
    steps = {target: step(source, network, given) for target, step in STEPS.items()}
    for target, step in steps.items():
        assert step.outputs.keys() == outputs.keys()
        for name, y in step.outputs.items():
            assert_close(y, outputs[name], limit, f"{target}, output {name}")
        for key, statistic in moved(network, given, batches, target).items():
            assert_close(step.weights[key], statistic, limit, f"{target}, {key}")
    torch, keras = steps["torch"], steps["keras"]
    assert distance(keras.gradients, torch.gradients) <= limit
    assert distance({("", "x"): keras.x}, {("", "x"): torch.x}) <= limit


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
