"""Regions, joins and blocks: the reference, torch and Keras agree, layer by layer too."""

from __future__ import annotations

import pytest

from cnngen.ir import Network
from cnngen.reference import trace
from numeric.harness import assert_agree, assert_close, compiled, problem, subject
from numeric.region_cases import CASES, RegionCase

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
"""Relative to the largest value of the output."""


def tolerance(network: Network, pair: tuple[str, str], dtype: str) -> float:
    return TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_three_agree(case: RegionCase, dtype: str) -> None:
    source = compiled(case.text)
    for network in source.networks.values():
        given = problem(network, dtype, 3)
        assert_agree(source, network, given, (3, 1), tolerance)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_layer_agrees(case: RegionCase) -> None:
    """Each layer under its own path, side heads too, whatever becomes of its output."""
    source = compiled(case.text)
    for network in source.networks.values():
        given = problem(network, "float64", 2)
        expected = trace(network, given.weights, given.inputs)
        found = subject("torch", source, network, given).trace(given.inputs, training=False)
        assert set(found) == set(expected)
        for path, y in found.items():
            assert_close(y, expected[path], TOLERANCE["float64"], f"torch {path}")
        found = subject("keras", source, network, given).trace(given.inputs, training=False)
        for path, y in found.items():
            assert_close(y, expected[path], TOLERANCE["float64"], f"keras {path}")
