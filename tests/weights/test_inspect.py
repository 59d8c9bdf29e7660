"""``cnngen weights inspect``: tables that can be piped, and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from cli.runner import run

from weights.given import ENDINGS, SMALL, keras_model, torch_state, write_keras, write_torch

OVERVIEW = """\
name in torch      shape     name in keras         shape     values
───────────────────────────────────────────────────────────────────
conv1.weight       4x2x3x3   conv1.kernel          3x3x2x4   72
bn1.weight         4         bn1.gamma             4         4
bn1.bias           4         bn1.beta              4         4
bn1.running_mean   4         bn1.moving_mean       4         4
bn1.running_var    4         bn1.moving_variance   4         4
prelu1.weight      4         prelu1.alpha          1x1x4     4
fc1.weight         5x120     fc1.kernel            120x5     600
fc1.bias           5         fc1.bias              5         5
fc2.weight         3x5       fc2.kernel            5x3       15
fc2.bias           3         fc2.bias              3         3
Small: 707 parameters, 8 values in statistics
"""

COMPARISON = """\
name                      in the network   in the file   type      status
───────────────────────────────────────────────────────────────────────────────────────────────
conv1.weight              4x2x3x3                                  missing, near to stem.weight
bn1.weight                4                4             float32   ok
bn1.bias                  4                4             float32   ok
bn1.running_mean          4                4             float32   ok
bn1.running_var           4                4             float32   ok
prelu1.weight             4                4             float32   ok
fc1.weight                5x120            5x120         float16   ok
fc1.bias                  5                5             int32     wrong type
fc2.weight                3x5              3x5           float32   ok
fc2.bias                  3                7             float32   misshapen
bn1.num_batches_tracked   ()               ()            int64     counter
stem.weight                                4x2x3x3       float32   extra, near to conv1.weight
Small: 7 ok, 1 counter, 1 missing, 1 extra, 1 misshapen, 1 wrong type
"""


def wrong(here: Path) -> Path:
    state = torch_state(SMALL)
    state["stem.weight"] = state.pop("conv1.weight")
    state["fc1.weight"] = state["fc1.weight"].half()
    state["fc1.bias"] = torch.zeros(5, dtype=torch.int32)
    state["fc2.bias"] = torch.zeros(7)
    return write_torch(here / "wrong.pt", state)


def test_the_weights_of_a_network() -> None:
    ran = run("weights", "inspect", "net.cnn")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == OVERVIEW


def test_the_weights_of_a_network_as_json() -> None:
    data = json.loads(run("weights", "inspect", "net.cnn", "--json", "--set", "classes=9").out)
    assert (data["network"], data["parameters"], len(data["weights"])) == ("Small", 743, 10)
    assert data["weights"][-2] == {
        "layer": "fc2",
        "weight": "kernel",
        "values": 45,
        "trained": True,
        "targets": {
            "torch": {"name": "fc2.weight", "shape": [9, 5]},
            "keras": {"name": "fc2.kernel", "shape": [5, 9]},
        },
    }


def test_what_is_taken_of_a_file_goes_with_one() -> None:
    ran = run("weights", "inspect", "net.cnn", "--skip", "fc1")
    assert ran.code == 2
    assert "goes with WEIGHTS" in ran.err


def test_a_file_that_fits(good: dict[str, Path]) -> None:
    for ending in ENDINGS:
        ran = run("weights", "inspect", "net.cnn", good[ending])
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.endswith("\nSmall: all 10 weights fit, float32\n")
        data = json.loads(run("weights", "inspect", "net.cnn", good[ending], "--json").out)
        assert data["fits"] is True
        assert {row["status"] for row in data["weights"]} <= {"ok", "counter"}


def test_a_file_that_does_not(here: Path) -> None:
    ran = run("weights", "inspect", "net.cnn", wrong(here))
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == COMPARISON


def test_a_file_that_does_not_as_json(here: Path) -> None:
    ran = run("weights", "inspect", "net.cnn", wrong(here), "--json")
    assert ran.code == 1
    data = json.loads(ran.out)
    assert data["fits"] is False
    rows = {row["name"]: row for row in data["weights"]}
    assert rows["conv1.weight"] == {
        "name": "conv1.weight",
        "status": "missing",
        "expected": [4, 2, 3, 3],
        "found": None,
        "type": "",
        "nearest": "stem.weight",
    }
    assert (rows["fc2.bias"]["expected"], rows["fc2.bias"]["found"]) == ([3], [7])


def test_a_file_of_keras_that_does_not(here: Path) -> None:
    text = SMALL.replace("conv 4", "conv1b: conv 4")
    path = write_keras(here / "a.weights.h5", keras_model(text))
    ran = run("weights", "inspect", "net.cnn", path)
    assert ran.code == 1
    assert "conv1.kernel" in ran.out
    assert "missing, near to conv1b.0\n" in ran.out
    assert "extra, near to conv1.kernel\n" in ran.out


def test_names_are_not_cut_off_where_they_are_long(here: Path) -> None:
    name = ".".join(["a_part_of_a_name"] * 10)
    write_torch(here / "a.pt", torch_state(SMALL) | {name: torch.zeros(1)})
    assert f"{name} " in run("weights", "inspect", "net.cnn", "a.pt").out


def test_a_great_many_names_take_little_time(here: Path) -> None:
    state = {f"layer{n}.weight": torch.zeros(1) for n in range(2000)}
    write_torch(here / "a.pt", state)
    assert run("weights", "inspect", "net.cnn", "a.pt").out.endswith("10 missing, 2,000 extra\n")
