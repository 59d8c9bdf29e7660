"""``cnngen verify``."""

from __future__ import annotations

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from cli.runner import Ran, process, run

TEXT = """network Tiny(classes=2) {
    input 6x6x1
    c: conv 3 3x3, relu
    flatten, dense classes
}
"""

SAME = 19
"""Comparisons of a network without batch norms."""

TORCH = """
from torch import nn

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.{activation}(), nn.Dropout(0.5), nn.Flatten(),
            nn.Linear(48, {classes}),
        )

    def forward(self, x):
        return self.layers(x)

made = Mine()
number = 3

def fails():
    raise ValueError("no data")
"""

KERAS = """
import keras
from keras import layers

def mine():
    x = inputs = keras.Input((6, 6, 1))
    x = layers.Conv2D(3, 3, activation="relu", name="c")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(2, name="fc1")(x))

made = mine()
"""


@pytest.fixture(autouse=True)
def _tiny(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source, and models of one's own; what is imported from here is forgotten afterwards."""
    (here / "tiny.cnn").write_text(TEXT, encoding="utf-8")
    right = TORCH.format(activation="ReLU", classes=2)
    (here / "mine_torch.py").write_text(right, encoding="utf-8")
    (here / "mine_keras.py").write_text(KERAS, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("mine_torch", "mine_keras"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def as_json(ran: Ran) -> Any:
    (network,) = json.loads(ran.out)["networks"]
    return network


def test_all_targets_agree() -> None:
    ran = run("verify", "tiny.cnn")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "Tiny, float64, batches of 4"
    assert lines[1].split() == ["compared", "model", "with", "absolute", "relative", "allowed"]
    assert set(lines[2]) == {"─"}
    assert len(lines) == 5 + SAME
    ends = [line.split("   ")[-1].strip() for line in lines[3:-1]]
    assert ends == ["ok"] * SAME + ["shown"]
    assert lines[-1] == f"Tiny: the same in all {SAME} comparisons"
    assert "\x1b" not in ran.out


def test_json() -> None:
    ran = run("verify", "tiny.cnn", "--json", "--float32", "--batch", 3, "--steps", 2)
    found = as_json(ran)
    assert (ran.code, ran.err) == (0, "")
    assert (found["network"], found["dtype"], found["batch"]) == ("Tiny", "float32", 3)
    assert found["holds"] is True
    assert len(found["comparisons"]) == SAME + 1
    assert [len(of) for of in found["losses"]["Adam"].values()] == [2, 2, 2]


def test_one_target() -> None:
    found = as_json(run("verify", "tiny.cnn", "-t", "torch", "--steps", "0", "--json"))
    assert {row["model"] for row in found["comparisons"]} == {"torch"}
    assert not found["losses"]


def test_each_network_of_a_file(here: Path) -> None:
    (here / "two.cnn").write_text(TEXT + "network Other = Tiny classes=3\n", encoding="utf-8")
    ran = run("verify", "two.cnn", "--steps", 0)
    assert ran.code == 0
    assert "Tiny: the same" in ran.out
    assert "Other: the same" in ran.out
    ran = run("verify", "two.cnn", "--steps", 0, "--network", "Other", "--set", "classes=5")
    assert (ran.code, "Tiny: the same" in ran.out) == (0, False)


def test_colours_are_for_a_terminal() -> None:
    assert "\x1b[" in run("verify", "tiny.cnn", "--steps", 0, "--color", "always").out
    forced = run("verify", "tiny.cnn", "--steps", 0, "--color", "always", NO_COLOR="1")
    assert "\x1b[" in forced.out
    assert "\x1b[" not in run("verify", "tiny.cnn", "--steps", 0, NO_COLOR="1", FORCE_COLOR="1").out


# --- a model of one's own --------------------------------------------------------------------


@pytest.mark.parametrize("place", ["mine_torch.py:Mine", "mine_torch:Mine", "mine_torch:made"])
def test_a_module_of_ones_own(place: str) -> None:
    found = as_json(run("verify", "tiny.cnn", "--against", place, "--json"))
    assert found["holds"] is True
    assert {row["model"] for row in found["comparisons"]} == {"torch", place}
    assert found["matching"][0] == {
        "generated": "c.weight",
        "own": "layers.0.weight",
        "shape": [3, 1, 3, 3],
        "by": "order",
    }


def test_the_matching_is_shown() -> None:
    out = run("verify", "tiny.cnn", "--against", "mine_torch.py:Mine", "--steps", 0).out
    assert out.startswith("0 of 4 weights matched by name\n")
    assert ["fc1.weight", "layers.4.weight", "2x48"] in [line.split() for line in out.splitlines()]


def test_a_keras_model_of_ones_own() -> None:
    found = as_json(run("verify", "tiny.cnn", "--against", "mine_keras.py:mine", "--json"))
    assert found["holds"] is True
    assert {match["by"] for match in found["matching"]} == {"name"}


def test_a_keras_model_that_is_there_has_its_type() -> None:
    place = "mine_keras.py:made"
    ran = run("verify", "tiny.cnn", "--against", place)
    assert ran.code == 2
    assert "float32, not float64: it was made when its module was imported" in ran.err
    assert run("verify", "tiny.cnn", "--against", place, "--float32", "--steps", 0).code == 0


def test_all_three(here: Path) -> None:
    ran = run(
        "verify", "tiny.cnn", "-t", "torch", "-t", "keras", "--against", "mine_torch.py:Mine",
        "--json",
    )  # fmt: skip
    assert {row["model"] for row in as_json(ran)["comparisons"]} == {
        "torch",
        "keras",
        "mine_torch.py:Mine",
    }


def test_a_model_that_is_another(here: Path) -> None:
    other = TORCH.format(activation="Tanh", classes=2)
    (here / "other.py").write_text(other, encoding="utf-8")
    ran = run("verify", "tiny.cnn", "--against", "other.py:Mine", "--steps", 1)
    assert ran.code == 1
    assert ran.out.splitlines()[-1].startswith("Tiny: ")
    assert ran.out.splitlines()[-1].endswith("comparisons differ")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("mine_torch.py", "is not MODULE:NAME"),
        ("absent.py:Mine", "absent.py cannot be imported: FileNotFoundError"),
        ("absent:Mine", "absent cannot be imported: ModuleNotFoundError"),
        ("mine_torch.py:Yours", "there is no Yours in mine_torch"),
        ("mine_torch.py:number", "number is no model of torch or keras, but of type int"),
        ("mine_torch.py:fails", "fails() failed: ValueError: no data"),
    ],
)
def test_a_model_that_is_not_there(place: str, said: str) -> None:
    ran = run("verify", "tiny.cnn", "--against", place)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_against_is_for_one_network(here: Path) -> None:
    (here / "two.cnn").write_text(TEXT + "network Other = Tiny classes=3\n", encoding="utf-8")
    ran = run("verify", "two.cnn", "--against", "mine_torch.py:Mine")
    assert ran.code == 2
    assert "choose with --network: `Tiny`, `Other`" in ran.err


# --- what goes wrong -------------------------------------------------------------------------


def test_mistakes_in_the_source() -> None:
    ran = run("verify", "wrong.cnn")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error[E301]")


def test_a_warning_is_shown_once(here: Path) -> None:
    text = TEXT.replace("    flatten", "    aux a weight=0.3 { flatten, dense 3 }\n    flatten")
    (here / "warned.cnn").write_text(text, encoding="utf-8")
    ran = run("verify", "warned.cnn", "--steps", 0, "-t", "torch")
    assert ran.code == 0
    assert ran.err.count("warning[W301]") == 1


def test_standard_input() -> None:
    ran = run("verify", "-", "--steps", 0, "-t", "torch", stdin=TEXT.encode())
    assert (ran.code, ran.err) == (0, "")


def test_mistakes_as_json() -> None:
    ran = run("verify", "wrong.cnn", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert json.loads(ran.err)[0]["code"] == "E301"


def test_usage() -> None:
    assert run("verify", "absent.cnn").code == 2
    assert run("verify", "tiny.cnn", "--batch", 1).code == 2
    assert "did you mean `torch`" in run("verify", "tiny.cnn", "-t", "torhc").err


@pytest.mark.parametrize("package", ["torch", "tensorflow"])
def test_a_framework_that_is_not_installed(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnngen import frameworks

    def find(name: str) -> ModuleSpec | None:
        return None if name == package else ModuleSpec(name, None)

    monkeypatch.setattr(frameworks, "find_spec", find)
    ran = run("verify", "tiny.cnn")
    extra = "torch" if package == "torch" else "keras"
    assert ran.code == 2
    assert ran.err == f"Error: {package} is not installed: `pip install 'cnngen[{extra}]'`\n"


def test_a_process_of_its_own_says_nothing_else(here: Path) -> None:
    """What frameworks tell of themselves would be in the way; and no traceback at the end."""
    ran = process("verify", "tiny.cnn", "--steps", 1, cwd=here)
    assert (ran.code, ran.err) == (0, "")


def test_a_backend_that_is_not_there_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cnngen.cli import requirements

    found = requirements.find_spec
    monkeypatch.setattr(
        requirements, "find_spec", lambda name: None if name == "jax" else found(name)
    )
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")  # is what it was afterwards
    ran = run("verify", "tiny.cnn", "--backend", "jax")
    assert ran.code == 2
    assert "jax is not installed: `pip install 'cnngen[jax]'`" in ran.err


def test_ones_own_model_is_for_training_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    ran = run("verify", "tiny.cnn", "--backend", "torch", "--against", "a.py:Net")
    assert ran.code == 2
    assert "--against is for training too" in ran.err
