"""``cnngen verify --against``: models of one's own of many kinds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.runner import Ran, run

TINY = """network Tiny(classes=2) {
    input 6x6x1
    c: conv 3 3x3, relu
    flatten, dense classes
}
"""

RESIDUAL = """network Net {
    input 6x6x2
    residual { conv 4 3x3 stride=2 pad=1, bn, relu, conv 4 3x3 pad=1, bn }
    relu
    aux side weight=0.3 { flatten, dense 3 }
    concat {
        conv 4 1x1
        conv 4 1x1
    }
    avgpool global, flatten, dense 2
}
"""

TORCH = """
{before}
import torch
from torch import nn
from torch.nn import functional as F

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 3, 3)
        self.b = nn.Linear(48, 2)
        {inside}

    def forward(self, x):
        x = torch.relu(self.a(x))
        {forward}
        return {returned}
"""


def torch_model(
    before: str = "",
    inside: str = "",
    forward: str = "",
    returned: str = "self.b(torch.flatten(x, 1))",
) -> str:
    return TORCH.format(before=before, inside=inside, forward=forward, returned=returned)


KERAS = """
import keras
from keras import layers

class Mine(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Conv2D(3, 3, activation="relu", name="a")
        self.drop = layers.Dropout(0.5)
        self.flat = layers.Flatten()
        self.b = layers.Dense(2, name="b")
        {inside}

    def call(self, x, training=None):
        return self.b(self.flat(self.drop(self.a(x), training=training)))
"""


@pytest.fixture(autouse=True)
def _forgotten(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "tiny.cnn").write_text(TINY, encoding="utf-8")
    (here / "net.cnn").write_text(RESIDUAL, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))


def against(
    here: Path, text: str, *more: object, source: str = "tiny.cnn", name: str = "own.py"
) -> Ran:
    """The source held against ``Mine`` of a file with this text."""
    (here / name).write_text(text, encoding="utf-8")
    return run("verify", source, "--against", f"{name}:Mine", "--steps", 1, *more)


def comparisons(ran: Ran) -> list[Any]:
    (network,) = json.loads(ran.out)["networks"]
    found: list[Any] = network["comparisons"]
    return found


# --- the same networks -----------------------------------------------------------------------

SAME = {
    "as it is": torch_model(),
    "dropout": torch_model(inside="self.d = nn.Dropout(0.5)", forward="x = self.d(x)"),
    "a constant": torch_model(inside='self.register_buffer("mean", torch.zeros(3))'),
    "half precision": torch_model() + "\n_Mine = Mine\ndef Mine():\n    return _Mine().half()\n",
    "lazy": torch_model(inside="self.b = nn.LazyLinear(2)"),
    "it prints": torch_model(before="print(1)", inside="print(2)", forward="print(3)"),
    "more outputs": torch_model(returned="self.b(torch.flatten(x, 1)), x"),
    "a data class": torch_model(
        before="from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Settings:\n    size: int = 1\n"
    ),
    "a class of Keras": KERAS.format(inside=""),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_models_that_are_the_same(text: str, here: Path) -> None:
    ran = against(here, text, "--json")
    assert ran.code == 0, ran.err
    assert all(row["holds"] for row in comparisons(ran))


def test_a_file_called_as_its_framework(here: Path) -> None:
    assert against(here, torch_model(), name="torch.py").code == 0


def test_a_file_that_needs_its_neighbour(here: Path) -> None:
    (here / "models").mkdir()
    (here / "models" / "neighbour_of_own.py").write_text("width = 2\n", encoding="utf-8")
    text = torch_model(before="from neighbour_of_own import width")
    assert against(here, text, name="models/own.py").code == 0


RESNET = """
import torch
from torch import nn

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_a = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
        self.bn_a = nn.BatchNorm2d(4)
        self.conv_b = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn_b = nn.BatchNorm2d(4)
        self.downsample = nn.Sequential(
            nn.Conv2d(2, 4, 1, stride=2, bias=False), nn.BatchNorm2d(4)
        )
        self.head = nn.Linear(36, 3)
        self.left = nn.Conv2d(4, 4, 1)
        self.right = nn.Conv2d(4, 4, 1)
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        y = torch.relu(self.bn_a(self.conv_a(x)))
        y = torch.relu(self.bn_b(self.conv_b(y)) + self.downsample(x))
        side = self.head(torch.flatten(y, 1))
        y = torch.cat([self.left(y), self.right(y)], 1).mean((2, 3))
        return (self.fc(y), side) if self.training else self.fc(y)
"""


def test_a_shortcut_that_is_declared_last_branches_and_a_side_head(here: Path) -> None:
    ran = against(here, RESNET, "--json", source="net.cnn")
    assert ran.code == 0, ran.out + ran.err
    matching = {m["generated"]: m["own"] for m in json.loads(ran.out)["networks"][0]["matching"]}
    assert matching["shortcut1.1.running_var"] == "downsample.1.running_var"
    assert matching["conv3.bias"] == "left.bias"


# --- others ----------------------------------------------------------------------------------


def test_a_mistake_is_found_under_its_layer(here: Path) -> None:
    wrong = RESNET.replace(
        "BatchNorm2d(4)\n        self.conv_b", "BatchNorm2d(4, eps=0.1)\n        self.conv_b"
    )
    ran = against(here, wrong, "--json", source="net.cnn")
    assert ran.code == 1
    broken = [row for row in comparisons(ran) if not row["holds"]]
    assert {row["layer"] for row in broken if row["check"] == "output in evaluation"} == {"bn1"}


def test_a_side_head_that_is_missing(here: Path) -> None:
    wrong = RESNET.replace("(self.fc(y), side) if self.training else self.fc(y)", "self.fc(y)")
    ran = against(here, wrong, source="net.cnn")
    assert ran.code == 1
    assert "first in side head side, which is missing" in ran.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (torch_model(before="import sys; sys.exit(0)"), "cannot be imported: SystemExit"),
        (torch_model(inside="raise SystemExit(0)"), "Mine() failed: SystemExit"),
        (torch_model(inside="self.c = self.a"), "a.weight and c.weight are one parameter"),
        (
            torch_model(inside="self.a.bias.requires_grad_(False)"),
            "not trained in the model: a.bias",
        ),
        (
            torch_model(forward="x = F.dropout(x, 0.5, self.training)"),
            "its outputs in training are random",
        ),
        (torch_model(forward="x = x[:, :, :2]"), "it cannot be run: "),
        (torch_model(inside="self.b = nn.Linear(48, 5)"), "its output is 5, that of Tiny is 2"),
        (torch_model(inside="self.c = nn.Linear(1, 1)"), "only in the model: c.weight (1, 1)"),
        (torch_model(returned="None"), "it returns a value of type NoneType"),
        (torch_model(returned="()"), "it returns nothing"),
        (KERAS.format(inside="self.b.trainable = False"), "not trained in the model: b.kernel"),
        (
            KERAS.format(inside="self.more = self.add_weight(name='more', shape=())"),
            "only in the model: more",
        ),
        (
            KERAS.format(inside="self.a = layers.Conv2D(3, 3, dtype='float32')"),
            "is float32, not float64",
        ),
    ],
)
def test_models_that_cannot_be_compared(text: str, said: str, here: Path) -> None:
    ran = against(here, text)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_debug_shows_where(here: Path) -> None:
    with pytest.raises(RuntimeError):
        against(here, torch_model(forward="x = x[:, :, :2]"), "--debug")
