"""Whole networks: every example, and one that has most layers in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from cnngen.analysis.cost import mac_count, parameter_count
from cnngen.choice import Choice
from cnngen.compiler import analyse
from cnngen.frameworks import framework
from cnngen.ir import Network
from cnngen.reference import trace
from cnngen.source import Source
from numeric.cases import MOST_LAYERS
from numeric.harness import (
    TARGETS,
    Compiled,
    assert_agree,
    assert_close,
    compiled,
    problem,
    subject,
)
from numeric.smaller import EXAMPLES, smaller

TOLERANCE = {"float64": 1e-10, "float32": 1e-4}
"""Relative to the largest value of the output."""

MANY = 10_000_000
"""Parameters from which on a network is slow to test."""

MUCH = 20_000_000_000
"""Multiply-accumulates for one input from which on it is slower still."""

SOME = {
    "resnet.cnn": {
        "PlainNet18",
        "CifarResNet20",
        "CifarResNet110",
        "CifarResNet32_Projection",
        "CifarPlainNet56",
    },
}
"""Which networks are tested of a file whose networks are much alike, and many or large."""

SMALLER = {"Detector", "Shapes", "Siamese", "SuperResolution", "UNet3D", "UNetBilinear"}
"""Networks that take long at their own size and are tested as ``smaller`` has them."""


def _examples() -> list[Any]:
    """Each network of each example, the large ones marked slow."""
    found = []
    for path in sorted(EXAMPLES.glob("*.cnn")):
        result = analyse(Source(path.name, path.read_text(encoding="utf-8")), Choice())
        assert result.complete, path
        for network in result.module.networks:
            if network.name in SMALLER:
                found.append(pytest.param(path, network.name, (3, 1), id=network.name))
            elif network.name in SOME.get(path.name, {network.name}):
                much = mac_count(network) > MUCH
                large = much or parameter_count(network) > MANY
                marks = [pytest.mark.slow] if large else []
                batches = (1,) if much else (2, 1) if large else (3, 1)
                found.append(
                    pytest.param(path, network.name, batches, id=network.name, marks=marks)
                )
    return found


def test_some_are_there() -> None:
    """A network of a new name must not be left out unseen."""
    for name, networks in SOME.items():
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        assert networks <= set(compiled(text, name, targets=()).networks), name


@pytest.fixture(autouse=True)
def _free_memory() -> Iterator[None]:
    """Models hold cycles; the large ones must not wait for the next collection."""
    yield
    gc.collect()


def tolerance(network: Network, pair: tuple[str, str], dtype: str) -> float:
    return TOLERANCE[dtype]


def _agree(source: Compiled, name: str, dtype: str, batches: tuple[int, ...]) -> None:
    network = source.networks[name]
    given = problem(network, dtype, batches[0])
    with _exact() if dtype == "float64" else nullcontext():
        assert_agree(source, network, given, batches, tolerance)


@contextmanager
def _exact() -> Iterator[None]:
    """While it lasts, functions that a framework keeps in float32 are exact.

    What one is off by grows in a network; alone, test_layers.py measures it.
    """
    with ExitStack() as stack:
        for target in TARGETS:
            stack.enter_context(framework(target).exact())
        yield


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("path", "name", "batches"), _examples())
def test_example(path: Path, name: str, batches: tuple[int, ...], dtype: str) -> None:
    text = smaller(path) if name in SMALLER else path.read_text(encoding="utf-8")
    _agree(compiled(text, path.name), name, dtype, batches)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_most_layers_in_one_network(dtype: str) -> None:
    _agree(compiled(MOST_LAYERS, "most.cnn"), "Most", dtype, (3, 1))


def test_every_layer_of_a_torch_module_gives_what_it_means() -> None:
    """A submodule stands for each layer: a hook on it sees that layer's output."""
    source = compiled(MOST_LAYERS, "most.cnn")
    network = source.networks["Most"]
    given = problem(network, "float64", 2)
    expected = trace(network, given.weights, given.inputs)
    found = subject("torch", source, network, given).trace(given.inputs, training=False)
    assert list(found) == list(expected)
    for path, y in found.items():
        assert_close(y, expected[path], TOLERANCE["float64"], path)
