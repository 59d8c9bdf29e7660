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
    evaluation = [row for row in broken if row["check"] == "output in evaluation"]
    assert {row["layer"] for row in evaluation} == {"bn1"}
    assert {row["place"] for row in evaluation} == {"first in bn1"}


CHAIN = """network Chain {
    input 8x8x3
    conv 4 3x3 pad=1, relu
    maxpool 2x2
    conv 6 3x3, relu
    flatten, dense 7, relu
    dense 5, relu
    dense 2
}
"""

FUSED = """
import keras
from keras import layers

def Mine():
    x = inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="a")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(6, 3, activation="relu", name="b")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(7, activation="relu", name="c")(x)
    x = layers.Dense(5, activation="relu", name="d")(x)
    return keras.Model(inputs, layers.Dense(2, name="e")(x))
"""
"""Each layer with an activation stands for two of the network's."""

SUBCLASS = """
import keras
from keras import layers

class Mine(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Conv2D(4, 3, padding="same", activation="relu")
        self.pool = layers.MaxPooling2D(2)
        self.b = layers.Conv2D(6, 3, activation="relu")
        self.flat = layers.Flatten()
        self.c = layers.Dense(7, activation="relu", name="c")
        self.d = layers.Dense(5, activation="relu")
        self.e = layers.Dense(2)

    def call(self, x):
        x = self.c(self.flat(self.b(self.pool(self.a(x)))))
        return self.e(self.d(x))
"""

TORCH_CHAIN = """
import torch
from torch import nn

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3), nn.ReLU(inplace=True), nn.Flatten(),
            nn.Linear(24, 7), nn.ReLU(), nn.Linear(7, 5), nn.ReLU(inplace=True), nn.Linear(5, 2),
        )

    def forward(self, x):
        return self.net(x)
"""


AFTER_CONV1 = "before conv2; conv1 is the same"
AFTER_FC1 = "before fc2; fc1 is the same"


@pytest.mark.parametrize("text", [FUSED, SUBCLASS, TORCH_CHAIN], ids=["fused", "class", "torch"])
def test_a_chain_as_it_is(text: str, here: Path) -> None:
    (here / "chain.cnn").write_text(CHAIN, encoding="utf-8")
    assert against(here, text, source="chain.cnn").code == 0


@pytest.mark.parametrize(
    ("text", "right", "wrong", "place", "layer"),
    [
        # What is before a layer with weights, and is not seen itself.
        (FUSED, "MaxPooling2D", "AveragePooling2D", AFTER_CONV1, None),
        (FUSED, '"relu", name="a"', '"tanh", name="a"', AFTER_CONV1, None),
        (FUSED, '"relu", name="c"', '"silu", name="c"', AFTER_FC1, None),
        (FUSED, '(x)\n    x = layers.Dense(7', '(x * 1.001)\n    x = layers.Dense(7',
         "before fc1; conv2 is the same", None),
        (SUBCLASS, "MaxPooling2D", "AveragePooling2D", AFTER_CONV1, None),
        (TORCH_CHAIN, "nn.MaxPool2d(2)", "nn.AvgPool2d(2)", AFTER_CONV1, None),
        (TORCH_CHAIN, "24, 7), nn.ReLU()", "24, 7), nn.SiLU()", AFTER_FC1, None),
        # A layer itself.
        (SUBCLASS, "self.c = layers.Dense(7,", "self.c = Twice(7,", "first in fc1", "fc1"),
        (TORCH_CHAIN, "nn.Linear(24, 7)", "Twice(24, 7)", "first in fc1", "fc1"),
        # With a padding of its own, what goes into the layer is another array.
        (FUSED, '(x)\n    x = layers.MaxPooling2D', '(layers.ZeroPadding2D(((2, 0), (1, 1)))(x))'
         '\n    x = layers.MaxPooling2D', "in conv1 or before it", None),
        # After all that is seen.
        (SUBCLASS, "return self.e(self.d(x))", "return 2 * self.e(self.d(x))", "", None),
    ],
)  # fmt: skip
def test_no_layer_is_named_that_is_not_at_fault(
    text: str, right: str, wrong: str, place: str, layer: str | None, here: Path
) -> None:
    (here / "chain.cnn").write_text(CHAIN, encoding="utf-8")
    assert text.count(right) == 1
    own = text.replace(right, wrong).replace("Twice(7,", "type('Twice', (layers.Dense,), TWICE)(7,")
    own = own.replace("Twice(24", "type('Twice', (nn.Linear,), TWICE)(24")
    if "ZeroPadding2D" in own:
        own = own.replace('padding="same"', 'padding="valid"')
    if "TWICE" in own:
        base, method = ("nn.Linear", "forward") if "torch" in own else ("layers.Dense", "call")
        twice = f"TWICE = {{{method!r}: lambda self, x: {base}.{method}(self, 1.001 * x)}}\n"
        own = own.replace("\nclass", f"\n{twice}\nclass")
    ran = against(here, own, "--json", source="chain.cnn")
    assert ran.code == 1, ran.err
    rows = [
        row for row in comparisons(ran) if row["check"].startswith("output") and not row["holds"]
    ]
    assert {row["place"] for row in rows} == {place or None}
    assert {row["layer"] for row in rows} == {layer}
    gradients = [row for row in comparisons(ran) if row["check"].startswith("gradient")]
    assert {row["place"] for row in gradients} == {None}, "what goes in differs already"


def test_the_place_is_shown(here: Path) -> None:
    (here / "chain.cnn").write_text(CHAIN, encoding="utf-8")
    ran = against(here, FUSED.replace("MaxPooling2D", "AveragePooling2D"), source="chain.cnn")
    assert "differs, before conv2; conv1 is the same\n" in ran.out


def test_a_side_head_that_is_missing(here: Path) -> None:
    wrong = RESNET.replace("(self.fc(y), side) if self.training else self.fc(y)", "self.fc(y)")
    ran = against(here, wrong, source="net.cnn")
    assert ran.code == 1
    assert "first in the output side, which is missing" in ran.out


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


LOOP = """network Loop {
    input 6x6x4
    repeat 3 { conv 4 3x3 pad=1, relu, conv 4 3x3 pad=1, relu }
}
"""

LOOPS = """
import torch
from torch import nn

def conv():
    return nn.Conv2d(4, 4, 3, padding=1)

class Turns(nn.Sequential):
    def __init__(self):
        super().__init__(*(part for _ in range(6) for part in (conv(), nn.ReLU())))

class Lists(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.ModuleList(conv() for _ in range(3))
        self.second = nn.ModuleList(conv() for _ in range(3))

    def forward(self, x):
        for first, second in zip(self.first, self.second):
            x = torch.relu(second(torch.relu(first(x))))
        return x

class Other(Turns):
    def forward(self, x):
        return super().forward(x).flip(2)
"""


@pytest.mark.parametrize(("name", "code"), [("Turns", 0), ("Lists", 0), ("Other", 1)])
def test_loops_turn_by_turn_and_in_lists(name: str, code: int, here: Path) -> None:
    Path("loop.cnn").write_text(LOOP)
    Path("loops.py").write_text(LOOPS)
    ran = run("verify", "loop.cnn", "--against", f"loops.py:{name}", "-t", "torch", "--steps", "1")
    assert ran.code == code, ran.err
