"""What has diverged is neither right nor wrong: it is said."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.verification import Report, Settings
from cnngen.verification.losses import goals, squared_error
from cnngen.verification.trajectories import GROWN, has_diverged
from verification.small import report

DEEP = """
network Deep {
    input 8x8x8
    repeat 10 { conv 16 3x3 pad=1, relu }
    flatten, dense 5
}
"""
"""Without a normalisation, SGD makes its weights grow beyond bounds within some steps."""

OVERFLOW = """
network Overflow {
    input 4x4x2
    conv 2 1x1, leaky_relu 1e200, leaky_relu 1e200
    flatten, dense 2
}
"""

ALONE = ("torch",)


def verdicts(of: Report) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in of.rows:
        found.setdefault(row.verdict, set()).add(row.check)
    return found


def test_a_loss_beyond_bounds() -> None:
    found = report(DEEP, Settings(steps=8), targets=ALONE)
    assert not found.holds, "it was not shown to be the same"
    assert verdicts(found)["diverged"] == {"SGD, loss"}
    assert "differs" not in verdicts(found)
    (row,) = (row for row in found.rows if row.verdict == "diverged")
    losses = found.losses["SGD"]["torch"]
    assert row.place.step == len(losses) == 4
    assert losses[-1] > GROWN * losses[0] > losses[-2]
    assert row.relative < 1e-10, "the steps before are compared"


def test_the_steps_before_are_the_same_alone() -> None:
    found = report(DEEP, Settings(steps=3), targets=ALONE)
    assert found.holds
    assert "diverged" not in verdicts(found)


def test_gradients_and_updates_go_no_further_either() -> None:
    found = report(DEEP, Settings(steps=6))
    checks = verdicts(found)
    assert checks["diverged"] == {"SGD, loss", "SGD, gradients", "SGD, weight updates"}
    assert "differs" not in checks


def test_a_fault_before_it_is_found() -> None:
    wrong = {"torch": ("= self.fc1(", "= (1 + 1e-8 * self.training) * self.fc1(")}
    found = report(DEEP, Settings(steps=8), wrong, targets=ALONE)
    assert "SGD, loss" in verdicts(found)["differs"]


def test_a_model_that_alone_diverges_differs() -> None:
    wrong = {"torch": ("= self.fc1(", "= 1e30 * self.fc1(")}
    found = report(DEEP, Settings(steps=2), wrong, targets=ALONE)
    assert "diverged" not in verdicts(found)
    assert {"output in evaluation", "SGD, loss"} <= verdicts(found)["differs"]


def test_values_beyond_all_numbers() -> None:
    found = report(OVERFLOW, Settings(steps=1), targets=ALONE)
    assert not found.holds
    assert {"output in evaluation", "output in training", "SGD, loss"} <= verdicts(found)[
        "diverged"
    ]
    assert "ok" not in verdicts(found)


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([2.0, 2e5], False),
        ([2.0, 2.1e6], True),
        ([2.0, 1.5e21], True),
        ([2.0, float("nan")], True),
        ([float("inf")], True),
        ([0.0, 0.5], False),
    ],
)
def test_when_a_loss_has_diverged(losses: list[float], expected: bool) -> None:
    assert has_diverged(losses) is expected


def test_goals_of_an_output_that_is_all_but_constant() -> None:
    """With its own deviation for a scale, the first loss would be 1e24."""
    output = {"main": 5.0 + 1e-12 * np.arange(12.0).reshape(4, 3)}
    (goal,) = goals(output, [1]).values()
    assert 1e-3 < np.abs(goal).max() < 1
    assert squared_error({"main": goal}, {})(output)[0] < 1e7
