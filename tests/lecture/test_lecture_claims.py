"""A claim that does not hold is said not to, and what is compared is comparable."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

Errors = dict[int, list[float]]


@pytest.fixture
def degradation() -> Any:
    return import_module("degradation")


def results(plain: Errors, residual: Errors) -> Any:
    """Results with these final errors by depth, one for each seed."""
    training = import_module("training")

    def curves(errors: list[float]) -> list[Any]:
        jobs = [training.Job("", seed, 2) for seed in range(len(errors))]
        return [
            training.Curve(job, 1, (90.0, error), (2.0, 1.0))
            for job, error in zip(jobs, errors, strict=True)
        ]

    return {
        kind: {depth: curves(errors) for depth, errors in by_depth.items()}
        for kind, by_depth in (("plain", plain), ("residual", residual))
    }


HELD = {20: [0.0], 32: [2.0, 4.0], 44: [30.0, 20.0]}
FLAT = {20: [0.2], 32: [0.0, 0.1], 44: [0.3]}


def test_the_claim_can_hold(degradation: Any) -> None:
    assert degradation.failures(results(HELD, FLAT)) == []


@pytest.mark.parametrize(
    ("plain", "residual", "message"),
    [
        ({**HELD, 32: [0.0]}, FLAT, "plain: 0.00 % with 32 layers, 0.00 % with 20"),
        ({20: [0.0], 44: [4.9]}, FLAT, "plain: 44 layers are not 5 points worse than 20"),
        (HELD, {**FLAT, 44: [2.0, 1.0]}, "residual: 44 layers are over 1 point worse than 20"),
    ],
)
def test_a_claim_that_does_not_hold_is_reported(
    degradation: Any, plain: Errors, residual: Errors, message: str
) -> None:
    (failure,) = degradation.failures(results(plain, residual))
    assert failure.startswith(message)


def test_a_verdict_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = import_module("common").verdict
    assert verdict("The claim", []) == 0
    assert verdict("The claim", ["this"]) == 1
    out, err = capsys.readouterr()
    assert out == "\nThe claim: held\n\nThe claim: did NOT hold\n"
    assert err == "the claim did not hold: this\n"


@pytest.mark.parametrize("depth", [20, 44])
def test_twins_begin_with_the_same_weights(depth: int) -> None:
    training, modules = import_module("training"), import_module("degradation_torch")
    states = []
    for name in (f"PlainNet{depth}", f"ResNet{depth}"):
        torch.manual_seed(3)
        model = getattr(modules, name)()
        training.initialise(model)
        states.append([*model.parameters(), torch.rand(1)])
    assert all(map(torch.equal, *states))


def test_a_job_gives_the_same_curve_each_time() -> None:
    training = import_module("training")
    threads = torch.get_num_threads()
    try:
        first, second = (training.train(training.Job("PlainNet20", 5, 1)) for _ in range(2))
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(False)
    assert first == second
    assert 10 < first.errors[0] < 95


def test_a_deviation_of_one_bit_is_no_identity() -> None:
    import numpy as np

    identity = import_module("identity")
    x = identity.relu_output(1)
    near = np.nextafter(x, np.float32(9))
    assert identity.Zeroed("", "", x, x.copy()).is_identity
    assert not identity.Zeroed("", "", x, near).is_identity
    cases = [identity.Zeroed("torch", network, x, near) for network in ("Residual1", "Plain1")]
    assert identity.failures(cases) == ["Residual1 in torch", "Plain1 in torch"]


def test_costs_that_differ_from_the_lecture_are_reported() -> None:
    bottleneck = import_module("bottleneck")
    cost = bottleneck.Cost(1, 1, 2, 1.0)
    names = ("TwoConvs256", "TwoConvs64", "Bottleneck256", "FiveByFive", "FiveByFiveReduced")
    failures = bottleneck.failures(dict.fromkeys(names, cost))
    assert len(failures) == 4
    assert failures[0] == "the torch modules have as many weights as the compiler counts"
