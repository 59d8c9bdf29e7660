"""Regions, joins and whole networks in ONNX Runtime against the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fuzz.search import drawn
from numeric import smaller
from numeric.harness import Problem, error, problem
from numeric.region_cases import CASES, RegionCase
from zoo.test_verify import MEMBERS, Member
from zoo.test_verify import source as card_source

from cnngen.backends.onnx import BACKEND
from cnngen.compiler import analyse
from cnngen.ir import Network
from cnngen.reference import evaluate, train
from cnngen.source import Source
from cnngen.verification.problem import trained
from onnx_target.runtime import TOLERANCE, Write, assert_agrees, for_inference, networks, run

LARGE = ("googlenet.cnn", "resnet.cnn", "vgg.cnn")
SEEDS, AT_ONCE, IN_BATCH = 12, 2, 20
ROUNDING = 20
"""How many times as far as the reference in float32 a random network may be off."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_construct_agrees(case: RegionCase) -> None:
    for network in networks(case.text):
        assert_agrees(network)
        assert_agrees(network, write=for_inference(case.text))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.name in LARGE else [])
        for path in sorted(smaller.EXAMPLES.glob("*.cnn"))
    ],
)
def test_an_example_agrees(path: Path) -> None:
    for name in smaller.networks(path):
        text = smaller.smaller(path)
        for network in networks(text, path.name, name):
            assert_agrees(network)
            assert_agrees(network, write=for_inference(text, path.name))


@pytest.mark.zoo
@pytest.mark.parametrize(
    ("card", "member"),
    [
        pytest.param(card, member, id=member.network)
        for card, members in MEMBERS.items()
        for member in members
    ],
)
def test_a_member_of_the_zoo_agrees(card: str, member: Member) -> None:
    source = card_source(card, member)
    name = "Member" if member.arguments else member.network
    (network,) = networks(source.text, source.path, name)
    for write in (BACKEND.write_with, for_inference(source.text, source.path)):
        assert_rounds(network, write)


@pytest.mark.parametrize(
    "number",
    [
        *range(AT_ONCE),
        *(pytest.param(number, marks=pytest.mark.slow) for number in range(AT_ONCE, SEEDS)),
    ],
)
def test_random_networks_agree(number: int) -> None:
    seen: list[str] = []

    def look(text: str) -> None:
        result = analyse(Source("random.cnn", text), debug=True)
        for network in result.module.networks if result.complete else ():
            for write in (BACKEND.write_with, for_inference(text)):
                assert_rounds(network, write, text)
            seen.append(text)

    drawn(number, IN_BATCH, look)
    assert seen


def assert_rounds(network: Network, write: Write, text: str = "") -> None:
    """The file is off by no more than rounding may make of such a network.

    How much that is, the reference in float32 says: some random networks magnify it.
    """
    given = problem(network, "float32", 2)
    batches = train(network, given.weights, given.inputs).batches
    given = trained(given, batches)
    expected = evaluate(network, given.weights, given.inputs)
    rounded = evaluate(network, *_in_float32(given))
    found = run(write(network, given.weights), given.inputs)
    assert len(found) == len(expected)
    for name, y in zip(expected, found.values(), strict=True):
        allowed = max(TOLERANCE, ROUNDING * error(rounded[name], expected[name]))
        if not np.isfinite(expected[name]).all():  # a dilated window with no cell in the map
            continue
        off = error(y, expected[name])
        assert off <= allowed, f"{network.name} {name}: off by {off}, not {allowed}\n{text}"


def _in_float32(given: Problem):
    weights = {
        path: {name: array.astype(np.float32) for name, array in own.items()}
        for path, own in given.weights.items()
    }
    return weights, {name: x.astype(np.float32) for name, x in given.inputs.items()}
