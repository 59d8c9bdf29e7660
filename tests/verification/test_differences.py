"""How far arrays are apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnngen.verification.differences import (
    Difference,
    difference,
    of_gradients,
    of_numbers,
    of_outputs,
    worst,
)

A = np.array([1.0, -4.0])
B = np.array([1.5, -4.0])


def test_to_the_largest_value() -> None:
    assert difference(A, B) == Difference(0.5, 0.125)
    assert difference(B, A) == Difference(0.5, 0.125)
    assert difference(A, 0 * A) == Difference(4.0, 4.0), "zero has no scale"
    assert difference(A[:0], A[:0]) == Difference(0.0, 0.0)


def test_nan_and_infinity() -> None:
    wrong = np.array([1.0, math.nan])
    assert math.isnan(difference(wrong, A).relative)
    assert math.isnan(worst([difference(A, B), difference(wrong, A), Difference(9, 9)]).relative)
    assert math.isnan(of_gradients({"a": wrong}, {"a": A}).relative)
    with np.errstate(invalid="ignore"):
        assert not difference(np.array([math.inf, 1.0]), A).relative <= 1e9


def test_shapes_do_not_broadcast() -> None:
    with pytest.raises(ValueError, match="shapes"):
        difference(A, A[:1])


def test_each_output_has_its_own_scale() -> None:
    small = {"a": A, "b": 1e-6 * A}
    assert of_outputs({"a": A, "b": 1e-6 * B}, small).relative == pytest.approx(0.125)
    with pytest.raises(ValueError, match="b"):
        of_outputs({"a": A}, small)


def test_gradients_have_one_scale() -> None:
    tiny = 1e-17 * A
    found = of_gradients({"a": A, "b": tiny}, {"a": A, "b": -tiny})
    assert found.relative < 1e-16, "noise beside zero is no difference"
    assert of_gradients({"a": B}, {"a": A}).relative == pytest.approx(0.5 / math.sqrt(17))


def test_numbers() -> None:
    assert of_numbers(3.0, 2.0) == Difference(1.0, 0.5)
    assert of_numbers(0.0, 0.0) == Difference(0.0, 0.0)
