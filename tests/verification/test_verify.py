"""Models of one network are found to be the same; a wrong one is found, and the layer."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.frameworks import keras_optimisers
from cnngen.verification import (
    BatchTooSmallError,
    Report,
    Settings,
    models_of,
    verify,
    work,
)
from cnngen.verification.problem import problem
from verification.small import SMOOTH, TEXT, compiled, report

CHECKS = [
    "output in evaluation",
    "output in training",
    "slope of the loss",
    "gradient of input",
    "gradients of weights",
    "running statistics",
    "SGD, loss",
    "SGD, gradients",
    "SGD, weight updates",
    "Adam, loss",
    "Adam, gradients",
    "Adam, weight updates",
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
    return {row.place.layer for row in of.rows if row.check == check and not row.holds}


def places_of(of: Report, check: str) -> set[str]:
    return {row.place.text for row in of.rows if row.check == check and not row.holds}


def test_all_checks_of_all_pairs() -> None:
    found = report(TEXT, Settings())
    assert found.holds
    assert list(dict.fromkeys(row.check for row in found.rows)) == CHECKS
    both, reference = ("keras", "torch"), [("torch", "reference"), ("keras", "reference")]
    for check in CHECKS:
        pairs = [row.pair for row in found.rows if row.check == check]
        alone = check in ("running statistics", "slope of the loss")
        models = "gradient" in check or "updates" in check
        assert pairs == (reference if alone else [both] if models else [*reference, both])
    assert all(row.relative < 1e-12 for row in found.rows if row.limit == 1e-10)
    assert {row.check for row in found.rows if row.limit is None} == {"Adam, weight updates"}


def test_losses_of_all_steps() -> None:
    found = report(TEXT, Settings(steps=4))
    for name in ("SGD", "Adam"):
        losses = found.losses[name]
        assert list(losses) == ["reference", "torch", "keras"]
        assert all(len(of) == 4 for of in losses.values())
    sgd, adam = found.losses["SGD"]["torch"], found.losses["Adam"]["torch"]
    assert sgd[0] == adam[0]
    assert all(a != b for a, b in zip(sgd[1:], adam[1:], strict=True)), "weights have moved"


def test_the_seed_is_that_of_all_that_is_drawn() -> None:
    losses = [report(TEXT, Settings(seed=seed)).losses for seed in (0, 1, 1)]
    assert losses[0] != losses[1] == losses[2]


def test_free_running_is_shown_and_not_judged() -> None:
    found = report(TEXT, Settings(free_running=True))
    rows = [row for row in found.rows if row.check.endswith("free-running")]
    assert [row.check for row in rows] == ["SGD, loss, free-running", "Adam, loss, free-running"]
    assert all(row.limit is None and row.relative < 1e-9 for row in rows)


def test_float32() -> None:
    found = report(TEXT, Settings("float32"))
    assert found.holds
    backward = ("gradient", "slope", "updates")
    judged = [row for row in found.rows if not any(word in row.check for word in backward)]
    assert {row.limit for row in judged} == {1e-4}
    assert {row.limit for row in found.rows if row not in judged} == {None}
    assert max(row.relative for row in found.rows) > 1e-9, "this is not float64"


def test_gradients_are_judged_in_float32_where_nothing_has_a_kink() -> None:
    found = report(SMOOTH, Settings("float32"))
    assert found.holds
    rows = [row for row in found.rows if row.check.startswith(("gradient", "SGD, gradients"))]
    assert {row.limit for row in rows if row.pair == ("keras", "torch")} == {1e-4}


def test_one_target_alone() -> None:
    found = report(TEXT, Settings(), targets=("torch",))
    assert found.holds
    assert {row.pair for row in found.rows} == {("torch", "reference")}


def test_a_network_without_weights() -> None:
    found = report("network Bare {\n input 4x4x2\n maxpool 2x2, flatten\n}\n", Settings())
    assert found.holds


def test_a_batch_norm_needs_values() -> None:
    text = "network Few {\n input 4x4x2\n avgpool global, bn, flatten, dense 2\n}\n"
    assert report(text, Settings(batch=3)).holds
    with pytest.raises(BatchTooSmallError, match="bn1 would see 2 values"):
        report(text, Settings(batch=2))


@pytest.mark.parametrize("target", ["torch", "keras"])
def test_looking_at_layers_changes_nothing(target: str) -> None:
    network, texts = compiled(TEXT)
    model = models_of(network, {target: texts[target]}, "float64")[target].model
    given = problem(network, "float64", 4)
    model.load(given.weights)
    before = model.weights()
    assert len(model.trace(given.x, training=True)) > 10
    for key, array in model.weights().items():
        np.testing.assert_array_equal(array, before[key])


def test_the_work_is_counted() -> None:
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
    wrong = {"torch": ("self.relu1 = nn.ReLU(inplace=True)", "self.relu1 = nn.ReLU6()")}
    found = report(TEXT, Settings(steps=0), wrong)
    assert found.holds, "no value is above 6 here"
    wrong = {"torch": ("self.relu1 = nn.ReLU(inplace=True)", "self.relu1 = nn.SiLU()")}
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
    assert places_of(found, "output in evaluation") == {"before side.0; pool1 is the same"}, (
        "the first that reads it"
    )
    assert layers_of(found, "output in evaluation") == {""}


def test_a_momentum_shows_in_the_statistics_alone() -> None:
    _, texts = compiled(TEXT)
    assert texts["keras"].count("momentum=0.9,") == 1, "all batch norms share it"
    wrong = {"keras": ('batch_norm(name="bn1")', 'batch_norm(name="bn1", momentum=0.99)')}
    found = report(TEXT, QUICK, wrong)
    assert failing(found) == {"running statistics": {KERAS}}
    assert layers_of(found, "running statistics") == {"bn1"}


def test_an_epsilon() -> None:
    wrong = {"torch": ("self.bn1 = nn.BatchNorm2d(4)", "self.bn1 = nn.BatchNorm2d(4, eps=1e-8)")}
    found = report(TEXT, QUICK, wrong)
    assert layers_of(found, "output in evaluation") == {"bn1"}


CUT = ("torch.cat([branch1, branch2]", "torch.cat([branch1.detach(), branch2]")


def test_a_gradient_that_stops() -> None:
    found = report(TEXT, Settings(steps=1), {"torch": CUT})
    assert set(failing(found)) == {
        "slope of the loss",
        "gradient of input",
        "gradients of weights",
        "SGD, gradients",
        "SGD, weight updates",
        "Adam, gradients",
    }
    place = "going back, first in the weights of conv3"
    assert places_of(found, "gradients of weights") == {place}
    assert places_of(found, "SGD, gradients") == {f"{place}, step 1"}


def test_a_gradient_that_stops_shows_in_one_model_alone() -> None:
    found = report(TEXT, QUICK, {"torch": CUT}, targets=("torch",))
    assert failing(found) == {"slope of the loss": {TORCH}}


def test_an_optimiser_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_optimisers._Sgd, "update_step", lambda *_: None)
    found = report(TEXT, Settings(steps=1))
    assert failing(found) == {"SGD, weight updates": {BOTH}}


def test_a_side_head_that_is_another() -> None:
    wrong = {"keras": ('"side": side}', '"side": 1.001 * side}')}
    found = report(TEXT, QUICK, wrong)
    assert failing(found)["output in training"] == {KERAS, BOTH}
    assert "output in evaluation" not in failing(found)


def test_a_side_head_that_is_missing() -> None:
    wrong = {"torch": ("return SmallOutputs(x, side)", "return x")}
    found = report(TEXT, QUICK, wrong)
    assert failing(found)["output in training"] == {TORCH, BOTH}
    place = "first in the output side, which is missing"
    assert places_of(found, "output in training") == {place}


def test_a_loss_that_parts_in_a_step() -> None:
    """Seen in training only, and each step is begun from the same weights."""
    wrong = {"torch": ("self.dropout1(", "(1.0 + 1e-6 * self.training) * self.dropout1(")}
    found = report(TEXT, Settings(steps=2), wrong)
    assert failing(found)["SGD, loss"] == {TORCH, BOTH}
    assert places_of(found, "SGD, loss") == {"before flatten1; dropout1 is the same, step 1"}


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
