"""Models of one network are found to be the same; a wrong one is found, and the layer."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.verification import Report, Settings, work
from verification.small import SMOOTH, TEXT, compiled, report

CHECKS = [
    "output in evaluation",
    "output in training",
    "gradient of the input",
    "gradients of the weights",
    "batch-norm statistics",
    "SGD, loss",
    "SGD, gradients",
    "Adam, loss",
    "Adam, gradients",
]

QUICK = Settings(steps=0)


def failing(of: Report) -> dict[str, set[tuple[str, str]]]:
    """The pairs that differ, by check."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in of.rows:
        if not row.holds:
            found.setdefault(row.check, set()).add(row.pair)
    return found


def layers_of(of: Report, check: str) -> set[str]:
    return {row.layer for row in of.rows if row.check == check and not row.holds}


def test_all_checks_of_all_pairs() -> None:
    found = report(TEXT, Settings())
    assert found.holds
    assert list(dict.fromkeys(row.check for row in found.rows)) == CHECKS
    both, reference = ("keras", "torch"), [("torch", "reference"), ("keras", "reference")]
    for check in CHECKS:
        pairs = [row.pair for row in found.rows if row.check == check]
        gradients = "gradient" in check
        statistics = check == "batch-norm statistics"
        assert pairs == ([both] if gradients else reference if statistics else [*reference, both])
    assert all(row.relative < 1e-12 for row in found.rows)
    assert all(
        row.relative > 0 for row in found.rows if row.pair == both and "loss" not in row.check
    )


def test_losses_of_all_steps() -> None:
    found = report(TEXT, Settings(steps=4))
    for name in ("SGD", "Adam"):
        losses = found.losses[name]
        assert list(losses) == ["reference", "torch", "keras"]
        for of in losses.values():
            assert len(of) == 4
            assert len(set(of)) == 4, "weights and batches are others in each step"


def test_free_running_is_shown_and_not_judged() -> None:
    found = report(TEXT, Settings(free_running=True))
    rows = [row for row in found.rows if row.check.endswith("free-running")]
    assert [row.check for row in rows] == ["SGD, loss, free-running", "Adam, loss, free-running"]
    assert all(row.limit is None and row.relative < 1e-9 for row in rows)


def test_float32() -> None:
    found = report(TEXT, Settings("float32"))
    assert found.holds
    assert {row.limit for row in found.rows if "gradient" in row.check} == {None}
    assert {row.limit for row in found.rows if "gradient" not in row.check} == {1e-4}
    assert max(row.relative for row in found.rows) > 1e-9, "this is not float64"


def test_gradients_are_judged_in_float32_where_nothing_has_a_kink() -> None:
    found = report(SMOOTH, Settings("float32"))
    assert found.holds
    assert {row.limit for row in found.rows if "gradient" in row.check} == {1e-4}


def test_one_target_alone() -> None:
    from cnngen.verification import models_of, verify

    network, texts = compiled(TEXT)
    models = models_of(network, {"torch": texts["torch"]}, "float64")
    found = verify(network, models, Settings())
    assert found.holds
    assert {row.pair for row in found.rows} == {("torch", "reference")}


def test_the_work_is_counted() -> None:
    from cnngen.verification import models_of, verify

    network, texts = compiled(SMOOTH)
    for settings in (Settings(), Settings(steps=0), Settings(free_running=True)):
        told: list[str] = []
        models = models_of(network, texts, "float64")
        verify(network, models, settings, told.append)
        assert len(told) == work(2, settings)


# --- what is wrong is found ------------------------------------------------------------------

TORCH, KERAS = ("torch", "reference"), ("keras", "reference")
BOTH = ("keras", "torch")


def test_a_wrong_activation() -> None:
    wrong = {"torch": ("self.relu1 = nn.ReLU()", "self.relu1 = nn.ReLU6()")}
    found = report(TEXT, Settings(steps=0), wrong)
    assert found.holds, "no value is above 6 here"
    wrong = {"torch": ("self.relu1 = nn.ReLU()", "self.relu1 = nn.SiLU()")}
    found = report(TEXT, QUICK, wrong)
    assert failing(found)["output in evaluation"] == {TORCH, BOTH}
    assert layers_of(found, "output in evaluation") == {"relu1"}
    assert layers_of(found, "output in training") == {"relu1"}


def test_a_shifted_window() -> None:
    wrong = {"keras": ("layers.ZeroPadding2D(1, ", "layers.ZeroPadding2D(((2, 0), (1, 1)), ")}
    found = report(TEXT, QUICK, wrong)
    assert failing(found)["output in evaluation"] == {KERAS, BOTH}
    assert layers_of(found, "output in evaluation") == {"conv2"}


def test_branches_in_another_order() -> None:
    wrong = {"torch": ("torch.cat([branch1, branch2]", "torch.cat([branch2, branch1]")}
    found = report(TEXT, QUICK, wrong)
    assert layers_of(found, "output in evaluation") == {"side.0"}, "the first that reads it"


def test_a_momentum_shows_in_the_statistics_alone() -> None:
    _, texts = compiled(TEXT)
    assert texts["keras"].count("momentum=0.9,") == 3
    first = texts["keras"].index("momentum=0.9,")
    line = texts["keras"][first - 40 : first + 40]
    wrong = {"keras": (line, line.replace("momentum=0.9", "momentum=0.99"))}
    found = report(TEXT, QUICK, wrong)
    assert failing(found) == {"batch-norm statistics": {KERAS}}
    assert layers_of(found, "batch-norm statistics") == {"bn1"}


def test_an_epsilon() -> None:
    wrong = {"torch": ("self.bn1 = nn.BatchNorm2d(4)", "self.bn1 = nn.BatchNorm2d(4, eps=1e-8)")}
    found = report(TEXT, QUICK, wrong)
    assert layers_of(found, "output in evaluation") == {"bn1"}


def test_a_gradient_that_stops() -> None:
    wrong = {"torch": ("torch.cat([branch1, branch2]", "torch.cat([branch1.detach(), branch2]")}
    found = report(TEXT, Settings(steps=1), wrong)
    assert set(failing(found)) == {
        "gradient of the input",
        "gradients of the weights",
        "SGD, gradients",
        "Adam, gradients",
    }
    assert layers_of(found, "gradients of the weights") == {"conv3"}


def test_a_side_head_that_is_cut_off() -> None:
    wrong = {"keras": ('"side": side}', '"side": 1.001 * side}')}
    found = report(TEXT, QUICK, wrong)
    assert failing(found)["output in training"] == {KERAS, BOTH}
    assert "output in evaluation" not in failing(found)


def test_a_loss_that_parts_in_a_step() -> None:
    """Seen in training only, and each step is begun from the same weights."""
    wrong = {"torch": ("self.dropout1(", "(1.0 + 1e-6 * self.training) * self.dropout1(")}
    found = report(TEXT, Settings(steps=2), wrong)
    assert failing(found)["SGD, loss"] == {TORCH, BOTH}
    assert {layer.rpartition(", ")[2] for layer in layers_of(found, "SGD, loss")} == {"step 1"}


def test_what_is_not_a_number_differs() -> None:
    wrong = {"torch": ("self.relu1(", "float('nan') * self.relu1(")}
    found = report(TEXT, QUICK, wrong)
    rows = [row for row in found.rows if row.pair == TORCH and "statistics" not in row.check]
    assert rows
    assert not any(row.holds for row in rows)
    assert all(np.isnan(row.relative) for row in rows)


def test_a_weight_too_many_is_refused() -> None:
    wrong = {
        "torch": (
            "self.bn1 = nn.BatchNorm2d(4)",
            "self.bn1 = nn.BatchNorm2d(4)\n        self.more = nn.Linear(2, 2)",
        )
    }
    with pytest.raises(RuntimeError, match=r"more\.bias"):
        report(TEXT, QUICK, wrong)
