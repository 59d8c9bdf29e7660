"""Networks in which rounding is all that is left, or is magnified, are no others for that."""

from __future__ import annotations

import pytest

from cnngen.verification import Report, Settings
from verification.small import report

QUICK = Settings(steps=1)


def network(layers: str, given: str = "6x6x4") -> str:
    return f"network Net {{\n    input {given}\n    {layers}\n}}\n"


NOTHING_BUT_ROUNDING = {
    "a layer norm over one channel": network("conv 1 3x3, layernorm, relu, flatten, dense 3"),
    "its epsilon is tiny": network("conv 1 3x3, layernorm eps=1e-12, flatten, dense 3"),
    "at the end": network("conv 4 3x3, relu, flatten, dense 1, layernorm"),
    "of the input": network("layernorm, dense 4, relu, dense 3", "1"),
    "two of them": network("conv 1 3x3, layernorm, conv 1 1x1, layernorm, flatten, dense 3"),
    "a group norm over one value": network("avgpool global, groupnorm 4, flatten, dense 3"),
    "a batch norm of a constant": network("conv 1 3x3, layernorm, bn, relu, flatten, dense 3"),
    "three in a row": network("conv 1 3x3, layernorm, bn, bn, bn, flatten, dense 3"),
    "of epsilon 1e-12": network("conv 1 1x1, layernorm, bn eps=1e-12, flatten, dense 3"),
    "a softmax over one value": network("conv 4 3x3, flatten, dense 1, softmax"),
    "sigmoids that are full": network(
        "conv 4 3x3, leaky_relu 40, sigmoid, flatten, dense 1, sigmoid"
    ),
}


def differing(of: Report) -> list[str]:
    return [
        f"{row.check} {row.relative:.1e}"
        for row in of.rows
        if row.verdict != "shown" and not row.holds
    ]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", NOTHING_BUT_ROUNDING.values(), ids=NOTHING_BUT_ROUNDING)
def test_gradients_that_are_zero_but_for_rounding(text: str, dtype: str) -> None:
    assert differing(report(text, Settings(dtype, steps=1))) == []


def test_it_is_said() -> None:
    found = report(NOTHING_BUT_ROUNDING["a layer norm over one channel"], QUICK)
    assert {row.why for row in found.rows if row.check == "gradient of input"} == {
        "norms that divide by next to nothing magnify rounding up to 3e+04 times"
    }
    ordinary = report(network("conv 4 3x3, bn, relu, flatten, dense 3"), QUICK)
    assert not any(row.why for row in ordinary.rows)


@pytest.mark.parametrize("name", ["a layer norm over one channel", "a group norm over one value"])
def test_a_fault_in_such_a_network_is_found(name: str) -> None:
    wrong = {"torch": ("= self.fc1(", "= (1 + 1e-9) * self.fc1(")}
    found = report(NOTHING_BUT_ROUNDING[name], QUICK, wrong)
    assert "output in evaluation" in {row.check for row in found.rows if not row.holds}


def test_a_gradient_that_stops_is_found_behind_such_a_norm() -> None:
    text = network("conv 1 3x3, layernorm, conv 3 1x1, relu, flatten, dense 3")
    found = report(text, QUICK, {"torch": ("self.relu1(", "self.relu1.forward(")})
    assert found.holds, "that is the same"
    scaled = "x.detach() + 0.999999 * (x - x.detach())"
    wrong = {"torch": ("x = self.fc1(x)", f"x = self.fc1({scaled})")}
    found = report(text, QUICK, wrong)
    assert {row.check for row in found.rows if not row.holds} >= {"gradients of weights"}


MAGNIFYING = """
network Deep {
    input 8x8x4
    conv 8 8x8, bn, relu
    repeat 12 {
        residual { conv 8 1x1, bn, relu, conv 8 1x1, bn }
        relu
    }
    flatten, dense 4
}
"""
"""Each batch norm sees as many values as there are inputs."""


@pytest.mark.parametrize("batch", [3, 4, 5])
def test_as_many_inputs_as_are_advised_are_enough(batch: int) -> None:
    """Of three values a batch norm's output moves far where they move a little."""
    for seed in range(2):
        assert differing(report(MAGNIFYING, Settings(steps=1, batch=batch, seed=seed))) == []


def test_what_rounding_comes_to_is_measured_where_it_matters() -> None:
    found = report(MAGNIFYING, Settings(steps=0))
    gradients = [row for row in found.rows if row.check == "gradients of weights"]
    assert all(row.limit is not None and 1e-10 < row.limit < 1e-6 for row in gradients)
    assert all("rounding alone moves it by up to" in row.why for row in gradients)
    wrong = {"torch": ("= self.fc1(", "= (1 + 1e-9) * self.fc1(")}
    found = report(MAGNIFYING, Settings(steps=0), wrong)
    assert "output in evaluation" in {row.check for row in found.rows if not row.holds}
