"""Functions that a framework does not have exactly: judged alone, and exact everywhere else."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.frameworks import framework
from cnngen.ops import Celu, Gelu, HardSigmoid, LeakyRelu, Op, Softplus
from cnngen.reference import TABLE
from cnngen.verification import Report, Settings
from cnngen.verification.functions import POINTS
from verification.small import report

LEAKY = "network Leaky {\n input 6x6x2\n conv 3 3x3, leaky_relu 0.1\n flatten, dense 2\n}\n"

MANY_GELUS = """
network Gelus {
    input 6x6x4
    repeat 16 {
        residual { conv 16 1x1, gelu, conv 4 1x1 }
    }
    flatten, dense 3
}
"""

CONVNEXT = """
block unit(width) {
    residual { depthwise_conv 7x7 pad=3, layernorm, conv 4*width 1x1, gelu, conv width 1x1 }
}
network Convnext {
    input 16x16x3
    conv 8 4x4 stride=4, layernorm
    repeat 9 { unit 8 }
    layernorm, conv 12 2x2 stride=2
    repeat 9 { unit 12 }
    avgpool global, flatten, layernorm, dense 4
}
"""

DARKNET = """
block unit(width) {
    conv width 3x3 pad=1, bn, leaky_relu 0.1
}
network Darknet {
    input 16x16x3
    unit 4
    maxpool 2x2
    repeat 4 {
        unit 8
        conv 4 1x1, bn, leaky_relu 0.1
    }
    maxpool 2x2
    repeat 4 {
        unit 12
        conv 6 1x1, bn, leaky_relu 0.1
    }
    avgpool global, flatten, dense 3
}
"""

OTHERS = """
network Others {
    input 6x6x4
    repeat 6 {
        residual { conv 8 1x1, softplus, conv 4 1x1 }
        residual { conv 8 1x1, hard_sigmoid, conv 4 1x1 }
        residual { conv 8 1x1, gelu tanh, conv 4 1x1 }
        residual { conv 8 1x1, celu 0.3, conv 4 1x1 }
        residual { conv 8 1x1, leaky_relu 1.7, conv 4 1x1 }
    }
    flatten, dense 3
}
"""

NETWORKS = {
    "one leaky_relu": LEAKY,
    "16 gelus in residuals": MANY_GELUS,
    "ConvNeXt with 18 gelus": CONVNEXT,
    "Darknet": DARKNET,
    "the others": OTHERS,
}

QUICK = Settings(steps=1)


def judged(of: Report) -> list[float]:
    """What is allowed of all that is not a function alone, and not the slope of the loss."""
    rows = [row for row in of.rows if "alone" not in row.check and "slope" not in row.check]
    return [row.limit for row in rows if row.limit is not None]


@pytest.mark.parametrize("text", NETWORKS.values(), ids=NETWORKS)
def test_a_right_network_is_the_same_however_often_it_has_them(text: str) -> None:
    found = report(text, QUICK)
    assert found.holds, [row for row in found.rows if not row.holds]
    assert set(judged(found)) == {1e-10}, "everything else is judged as closely as ever"
    shown = {row.check for row in found.rows if row.limit is None}
    assert shown == {"output in evaluation, as it is", "Adam, weight updates"}


@pytest.mark.parametrize("target", ["torch", "keras"])
@pytest.mark.parametrize("text", [MANY_GELUS, LEAKY], ids=["gelus", "leaky"])
def test_a_fault_of_one_in_a_thousand_million_is_found(text: str, target: str) -> None:
    """It is less than what the inexact functions make of these networks."""
    wrong = {
        "torch": ("= self.fc1(", "= (1 + 1e-9) * self.fc1("),
        "keras": ('name="fc1")(x)', 'name="fc1")((1 + 1e-9) * x)'),
    }
    found = report(text, QUICK, {target: wrong[target]})
    differing = {row.check for row in found.rows if row.verdict == "differs"}
    assert {"output in evaluation", "output in training", "SGD, loss"} <= differing
    as_it_is = [row.relative for row in found.rows if row.check.endswith("as it is")]
    assert all(relative > 1e-9 for relative in as_it_is)


def test_a_fault_in_the_argument_of_the_function_is_found() -> None:
    wrong = {"keras": ("negative_slope=0.1,", "negative_slope=0.10000001,")}
    found = report(LEAKY, QUICK, wrong)
    places = {
        r.place.layer for r in found.rows if r.check == "output in evaluation" and not r.holds
    }
    assert places == {"leaky_relu1"}


def test_another_form_is_found() -> None:
    text = "network Form {\n input 6x6x2\n conv 3 3x3, gelu\n flatten, dense 2\n}\n"
    found = report(text, QUICK, {"torch": ("nn.GELU()", 'nn.GELU(approximate="tanh")')})
    assert not found.holds


def test_the_function_itself_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the target's table says, which depends on the argument."""
    rows = {row.check: row for row in report(LEAKY, QUICK).rows if "alone" in row.check}
    assert list(rows) == ["leaky_relu 0.1 alone", "leaky_relu 0.1 alone, derivative"]
    assert all(1.4e-9 < row.relative < 1.5e-9 for row in rows.values())
    assert all("slope in float32" in row.why for row in rows.values())
    half = LEAKY.replace("0.1", "0.5")
    assert not [row for row in report(half, QUICK).rows if "alone" in row.check], "1/2 is exact"

    keras = framework("keras")
    table = dict(keras.inexact)
    off = table[LeakyRelu](LeakyRelu(0.1))
    table[LeakyRelu] = lambda _: off._replace(values=1e-9)
    monkeypatch.setattr(type(keras), "inexact", table)
    differing = [row.check for row in report(LEAKY, QUICK).rows if row.verdict == "differs"]
    assert differing == ["leaky_relu 0.1 alone"]


def test_in_float32_frameworks_are_as_they_are() -> None:
    found = report(LEAKY, Settings("float32", steps=1))
    assert found.holds
    assert not [row for row in found.rows if "alone" in row.check or "as it is" in row.check]


EXACT: list[tuple[str, Op]] = [
    ("torch", Celu(0.3)),
    ("torch", Celu(0.1)),
    ("torch", HardSigmoid()),
    ("torch", Softplus()),
    ("keras", Gelu("exact")),
    ("keras", Gelu("tanh")),
    ("keras", LeakyRelu(0.1)),
    ("keras", LeakyRelu(1.7)),
]


@pytest.mark.parametrize(("target", "op"), EXACT, ids=str)
def test_exact_forms_and_what_the_framework_has(target: str, op: Op) -> None:
    of = framework(target)
    off = of.inexact[type(op)](op)
    own = of.curve(op, POINTS)
    with of.exact():
        exact = of.curve(op, POINTS)
    again = of.curve(op, POINTS)
    np.testing.assert_array_equal(own.values, again.values)
    largest = np.abs(exact.values).max()
    expected = TABLE(op, {}, POINTS[:, None])[:, 0]
    assert np.abs(exact.values - expected).max() < 1e-15 * largest
    # Not more than the table says, and not much less.
    for a, b, allowed in zip(own, exact, off[:2], strict=True):
        away = np.abs(a - b).max() / np.abs(b).max()
        assert away <= allowed * (1 + 1e-6) + 1e-15
        assert away > 0.1 * allowed or allowed <= 1e-10


@pytest.mark.parametrize(("target", "op"), EXACT, ids=str)
def test_derivatives_of_exact_forms(target: str, op: Op) -> None:
    of = framework(target)
    with of.exact():
        slopes = of.curve(op, POINTS).slopes
    step = 1e-6
    ends = [TABLE(op, {}, (POINTS + side)[:, None])[:, 0] for side in (step, -step)]
    np.testing.assert_allclose(slopes, (ends[0] - ends[1]) / (2 * step), atol=5e-8)
