"""How far arrays are apart, and which weights of two models are the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnngen.verification import MismatchError, match
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


# --- matching --------------------------------------------------------------------------------

GENERATED = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "fc1.weight": (3, 8),
    "fc1.bias": (3,),
}


def by(own: dict[str, tuple[int, ...]]) -> dict[str, tuple[str, str]]:
    return {m.generated: (m.own, m.by) for m in match(GENERATED, own)}


def test_by_name() -> None:
    found = by(dict(reversed(GENERATED.items())))
    assert found == {name: (name, "name") for name in GENERATED}


def test_by_order_and_shape() -> None:
    own = {"0.weight": (6, 1, 5, 5), "0.bias": (6,), "2.weight": (3, 8), "2.bias": (3,)}
    assert by(own) == {name: (theirs, "order") for name, theirs in zip(GENERATED, own, strict=True)}


def test_an_attribute_tells_weights_of_one_shape_apart() -> None:
    generated = {"bn1.weight": (4,), "bn1.bias": (4,), "bn1.running_mean": (4,)}
    own = {"n.running_mean": (4,), "n.bias": (4,), "n.weight": (4,)}
    found = {m.generated: m.own for m in match(generated, own)}
    assert found == {
        "bn1.weight": "n.weight",
        "bn1.bias": "n.bias",
        "bn1.running_mean": "n.running_mean",
    }


def test_a_name_of_another_shape_is_no_match() -> None:
    own = {**GENERATED, "fc1.bias": (6,), "conv1.bias": (3,)}
    found = by(own)
    assert found["fc1.bias"] == ("conv1.bias", "order")
    assert found["conv1.bias"] == ("fc1.bias", "order")


def test_what_does_not_match_is_told() -> None:
    own = {**GENERATED, "fc1.weight": (3, 9), "fc2.weight": (1, 1)}
    with pytest.raises(MismatchError) as caught:
        match(GENERATED, own)
    assert str(caught.value) == (
        "only in the network: fc1.weight (3, 8)\n"
        "only in the model: fc1.weight (3, 9), fc2.weight (1, 1)"
    )
