"""``cnngen lift``: models of one's own become sources that compute the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import keras
import pytest
import torch

from cli.runner import Ran, run
from cnngen.frameworks import framework

BLOCKS = """
import torch
from torch import nn

class Unit(nn.Module):
    def __init__(self, inplanes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.down = None
        if stride != 1 or inplanes != planes:
            self.down = nn.Sequential(
                nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.down is None else self.down(x)))

class Net(nn.Module):
    def __init__(self, classes=4, width=8):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.layer1 = nn.Sequential(Unit(width, width), Unit(width, width))
        self.layer2 = nn.Sequential(Unit(width, 2 * width, 2), Unit(2 * width, 2 * width))
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, x):
        x = self.layer2(self.layer1(self.stem(x)))
        return self.fc(self.drop(x.mean((2, 3))))

made = Net(3)
state = made.state_dict()
"""

LIFTED = """# Lifted from net.py:Net.

# `net.Unit`.
block unit(planes, stride=1) {
    residual shortcut_name=down {
        conv planes 3x3 stride=stride pad=1, bn, relu
        conv planes 3x3 pad=1, bn
    }
    relu
}

network Net {
    input 16x16x3
    stem: conv 8 3x3 pad=1                      -> 16x16x8
    layer1: repeat 2 { unit 8 }
    layer2: { unit 16 stride=2, unit 16 }       -> 8x8x16
    avgpool global, flatten, dropout 0.2        -> 16
    fc: dense 4                                 -> 4
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, name: str = "net.py") -> None:
    Path(name).write_text(text, encoding="utf-8")


def lift(*arguments: str) -> Ran:
    return run("lift", *arguments)


def test_a_class_becomes_a_source() -> None:
    write(BLOCKS)
    ran = lift("net.py:Net", "--input", "16x16x3", "-o", "net.cnn")
    assert ran.code == 0, ran.err
    assert Path("net.cnn").read_text(encoding="utf-8") == LIFTED
    assert "net.cnn: Net, 19 lines" in ran.err
    assert "weights have the model's own names" in ran.err
    assert ran.err.count("the same, relative difference") == 4
    assert run("verify", "net.cnn", "--target", "torch", "--steps", "0").code == 0


def test_the_text_goes_to_standard_output_and_what_is_said_does_not() -> None:
    write(BLOCKS)
    ran = lift("net.py:Net", "--input", "16x16x3", "--set", "classes=7", "--name", "Own")
    assert ran.code == 0
    assert ran.out.startswith("# Lifted from net.py:Net.\n")
    assert "network Own {" in ran.out
    assert "fc: dense 7" in ran.out
    assert lift("net.py:Net", "--input", "16x16x3", "-q").err == ""


def test_an_instance_is_lifted_as_it_is_and_takes_no_arguments() -> None:
    write(BLOCKS)
    assert "fc: dense 3" in lift("net.py:made", "--input", "8x8x3").out
    ran = lift("net.py:made", "--input", "8x8x3", "--set", "classes=3")
    assert ran.code == 2
    assert "made is a model already" in ran.err


def test_weights_come_along() -> None:
    """As the other framework keeps them, under the names of what is generated."""
    write(BLOCKS)
    ran = lift("net.py:made", "--input", "8x8x3", "-o", "net.cnn", "--weights", "net.safetensors")
    assert ran.code == 0, ran.err
    assert "net.safetensors: " in ran.err
    ran = run("weights", "convert", "net.cnn", "net.safetensors", "net.pt")
    assert ran.code == 0, ran.err


SCALED = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.gamma = nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x):
        return self.conv(x) * self.gamma
"""


def test_a_file_of_a_whole_model_is_that_of_the_module() -> None:
    """It has a class, which is registered under the name of the file that was written."""
    write(SCALED)
    ran = lift("net.py:Net", "--input", "8x8x3", "-o", "scaled.cnn", "--weights", "net.keras")
    assert ran.code == 0, ran.err
    assert run("compile", "scaled.cnn", "-t", "keras").code == 0
    framework("keras").module(Path("scaled_keras.py").read_text(encoding="utf-8"))
    assert keras.saving.load_model("net.keras").get_layer("gamma").get_config()["start"] == 1


TRANSFORMER = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.ones(1, 1, 8))
        self.encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x):
        x = x.flatten(2).transpose(1, 2)
        return self.encoder(torch.cat([self.token.expand(len(x), 1, 8), x], 1))
"""


def test_a_transformer_is_refused_for_its_attention() -> None:
    write(TRANSFORMER)
    ran = lift("net.py:Net", "--input", "4x4x8", "--output-format", "concise")
    assert ran.code == 1
    assert "has no word in the language: it attends from each position" in ran.err.splitlines()[0]


def test_a_file_that_is_there_is_left_alone() -> None:
    write(BLOCKS)
    write("mine", "net.cnn")
    ran = lift("net.py:Net", "--input", "8x8x3", "-o", "net.cnn")
    assert ran.code == 2
    assert "is there already" in ran.err
    assert Path("net.cnn").read_text(encoding="utf-8") == "mine"
    assert lift("net.py:Net", "--input", "8x8x3", "-o", "net.cnn", "--force").code == 0


ODD = """
import torch
from torch import nn

class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        y = torch.erf(self.conv(x))
        return y.mean((2, 3))

class Drawn(Odd):
    count = 0

    def forward(self, x):
        Drawn.count += 1
        return self.conv(x) * (1.0 if Drawn.count < 3 else 2.0)

class Ways(Odd):
    def forward(self, x):
        return x if x.sum() > 0 else self.conv(x)
"""


def test_what_has_no_word_is_told_at_its_line() -> None:
    write(ODD)
    ran = lift("net.py:Odd", "--input", "8x8x3", "-o", "net.cnn")
    assert ran.code == 1
    assert "error[E602]" in ran.err
    assert "net.py:11: `erf` has no word in the language" in ran.err
    assert not Path("net.cnn").exists()


def test_a_part_is_written_with_a_stand_in_that_does_not_compile() -> None:
    write(ODD)
    ran = lift("net.py:Odd", "--input", "8x8x3", "-o", "net.cnn", "--partial")
    assert ran.code == 1
    text = Path("net.cnn").read_text(encoding="utf-8")
    assert "conv 4 1x1" in text
    assert "# erf (" in text
    ran = run("check", "net.cnn")
    assert ran.code == 1
    assert "`unlifted`" in ran.err
    Path("net.cnn").write_text(text.replace("    unlifted\n", "    tanh\n"), encoding="utf-8")
    assert run("check", "net.cnn").code == 0


def test_a_model_that_is_another_each_time_is_found_out() -> None:
    write(ODD)
    ran = lift("net.py:Drawn", "--input", "8x8x3", "-o", "net.cnn")
    assert ran.code == 1
    assert "error[E603]" in ran.err
    assert "outputs in evaluation: DIFFERENT" in ran.err
    assert not Path("net.cnn").exists()
    assert lift("net.py:Drawn", "--input", "8x8x3", "-o", "net.cnn", "--no-check").code == 0


def test_ways_that_depend_on_data_are_refused_at_their_line() -> None:
    write(ODD)
    ran = lift("net.py:Ways", "--input", "8x8x3")
    assert ran.code == 1
    assert "error[E601]" in ran.err
    assert "net.py:23" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("net.py:Net",), "say it with --input"),
        (("net.py:Net", "--input", "8x8"), "Invalid channel dimensions"),
        (("net.py:Net", "--input", "8by8"), "'8by8' is not a shape such as 224x224x3"),
        (("net.py:Net", "--input", "0x8x3"), "is not a shape"),
        (("net.py:Nets", "--input", "8x8x3"), "there is no Nets in net; did you mean `Net`?"),
        (("net.pth", "--input", "8x8x3"), "files of this kind hold weights, and no model"),
        (("net.py:state", "--input", "8x8x3"), "weights without the model that they are of"),
        (("net.py", "--input", "8x8x3"), "is not MODULE:NAME"),
        (("gone.py:Net", "--input", "8x8x3"), "cannot be imported"),
        (("net.py:torch.nn.functional", "--input", "8x8x3"), "is no model of torch or Keras"),
        (("net.py:Net", "--input", "8x8x3", "--set", "classes"), "'classes' is not NAME=VALUE"),
        (("net.py:Net", "--input", "8x8x3", "--set", "depth=3"), "unexpected keyword argument"),
        (("gone.keras",), "gone.keras"),
        (("gone.pt2",), "gone.pt2"),
    ],
)
def test_what_is_no_model_is_told(arguments: tuple[str, ...], said: str) -> None:
    write(BLOCKS)
    ran = lift(*arguments)
    assert ran.code in (1, 2)
    assert said in ran.err
    assert "internal error" not in ran.err


def test_diagnostics_as_json() -> None:
    write(ODD)
    ran = lift("net.py:Odd", "--input", "8x8x3", "--output-format", "json")
    assert ran.code == 1
    (found,) = json.loads(ran.err)
    assert found["code"] == "E602"


KERAS = """
from keras import Input, Model, layers

def make(classes=5):
    x = given = Input((16, 16, 3))
    for filters in (8, 16):
        y = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization()(y)
        y = layers.ReLU()(y)
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        z = layers.Conv2D(filters, 1, strides=2, use_bias=False)(x)
        x = layers.ReLU()(layers.add([y, layers.BatchNormalization()(z)]))
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return Model(given, layers.Dense(classes, name="classes")(x), name="small-net")
"""

FROM_KERAS = """network SmallNet {
    input 16x16x3
    unit 8                                  -> 8x8x8
    unit 16                                 -> 4x4x16
    avgpool global, flatten, dropout 0.3    -> 16
    classes: dense 5                        -> 5
}
"""


def test_a_model_of_keras_and_its_file() -> None:
    write(KERAS, "theirs.py")
    ran = lift("theirs.py:make", "-o", "net.cnn", "--weights", "net.keras")
    assert ran.code == 0, ran.err
    assert FROM_KERAS in Path("net.cnn").read_text(encoding="utf-8")
    assert ran.err.count("the same, relative difference") == 4
    # The weights are those from before the proof, which trains for a step.
    means = [v for v in keras.saving.load_model("net.keras").weights if "moving_mean" in v.path]
    assert len(means) == 6
    assert all(not v.numpy().any() for v in means)
    assert {v.dtype for v in means} == {"float32"}
    ran = lift("net.keras", "-o", "again.cnn")
    assert ran.code == 0, ran.err
    again = Path("again.cnn").read_text(encoding="utf-8")
    assert "unit 16" in again


def test_an_exported_program(folder: Path) -> None:
    write(BLOCKS)
    write(
        "import torch, net\n"
        "program = torch.export.export(net.made.eval(), (torch.randn(2, 3, 8, 8),))\n"
        "torch.export.save(program, 'net.pt2')\n",
        "export.py",
    )
    import runpy
    import sys

    sys.path.insert(0, str(folder))
    try:
        runpy.run_path("export.py")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("net", None)
    ran = lift("net.pt2", "-o", "net.cnn")
    assert ran.code == 0, ran.err
    assert "residual shortcut_name=down" in Path("net.cnn").read_text(encoding="utf-8")


ODD_NAMES = """
import keras
from keras import layers

x = given = keras.Input((8, 8, 3))
x = layers.Conv2D(4, 1, name='a"b} x')(x)
x = layers.Conv2D(4, 1, name="a'b. x")(x)
x = layers.Dense(3, name="lambda")(layers.Flatten()(x))
own = [keras.Input((3,)), layers.Dense(2, name="for"), layers.ReLU()]
x = keras.Sequential(own, name="in\\nner } network X {")(x)
keras.Model(given, x, name="x\\n}").save("odd.keras")
"""


def test_names_of_a_file_are_no_code() -> None:
    exec(compile(ODD_NAMES, "names", "exec"), {})
    ran = lift("odd.keras", "-o", "net.cnn")
    assert ran.code == 0, ran.err
    text = Path("net.cnn").read_text(encoding="utf-8")
    assert text.count("network") == 2  # the keyword, and a part of a label
    assert "a_b__x: conv 4 1x1" in text
    assert "a_b__x_2: conv 4 1x1" in text


def test_a_name_that_no_network_can_have() -> None:
    write(BLOCKS)
    ran = lift("net.py:Net", "--input", "8x8x3", "--name", "a b")
    assert ran.code == 2
    assert "a name is made of letters, digits and _" in ran.err


def test_names_that_had_to_change_are_a_table() -> None:
    write(NAMED_LONG)
    arguments = ("--input", "8x8x3", "-o", "net.cnn", "--write-map", "names.json")
    ran = lift("net.py:Net", *arguments)
    assert ran.code == 0, ran.err
    assert "2 weights of 3 with another name" in ran.err
    torch.save(STATE, "theirs.pt")
    ran = run("weights", "convert", "net.cnn", "theirs.pt", "ours.pt", "--map", "names.json")
    assert ran.code == 0, ran.err


LONG = "a_convolution_with_a_name_of_more_than_forty_eight_characters"
NAMED_LONG = f"""
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.{LONG} = nn.Conv2d(3, 4, 1)
        self.narrow = nn.Conv2d(4, 3, 1, bias=False)

    def forward(self, x):
        return self.narrow(self.{LONG}(x).relu())
"""
STATE = {
    f"{LONG}.weight": torch.zeros(4, 3, 1, 1),
    f"{LONG}.bias": torch.zeros(4),
    "narrow.weight": torch.zeros(3, 4, 1, 1),
}


MADE_LATE = """
def late():
    from torch import nn

    return nn.Conv2d(3, 4, 1)


def endless():
    from torch import nn

    class Endless(nn.Module):
        def forward(self, x):
            while True:
                x = x + 1

    return Endless()


def masked():
    import torch
    from torch import nn

    class Masked(nn.Module):
        def forward(self, x):
            return x * torch.tril(torch.ones(8, 8))

    return Masked()
"""


def test_a_function_may_import_the_framework_itself() -> None:
    write(MADE_LATE)
    ran = subprocess.run(
        [sys.executable, "-m", "cnngen", "lift", "net.py:late", "--input", "8x8x3"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "conv 4 1x1" in ran.stdout


def test_a_model_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnngen.lifting.torch.recorder.MOST_STEPS", 100)
    write(MADE_LATE)
    ran = lift("net.py:endless", "--input", "8x8x3")
    assert ran.code == 1
    assert "it applies more than 100 functions, and may never end" in ran.err


def test_a_part_that_is_missing_is_told_of_without_a_hint_at_what_was_said() -> None:
    write(MADE_LATE)
    assert "`--partial` writes the rest" in lift("net.py:masked", "--input", "8x8x3").err
    ran = lift("net.py:masked", "--input", "8x8x3", "--partial", "-o", "net.cnn")
    assert ran.code == 1
    assert "`--partial`" not in ran.err
    assert "lines; `unlifted` stands where something is missing" in ran.err
    assert "unlifted" in Path("net.cnn").read_text(encoding="utf-8")


def test_a_size_that_no_framework_takes() -> None:
    ran = lift("net.py:late", "--input", "99999999999999999999x8x3")
    assert ran.code == 2
    assert "is not a shape such as 224x224x3" in ran.err


def test_a_class_that_is_called_as_a_helper_is() -> None:
    write("from torch import nn\n\nclass Scale(nn.Conv2d):\n    pass\n")
    given = ("--set", "in_channels=3", "--set", "out_channels=4", "--set", "kernel_size=1")
    ran = lift("net.py:Scale", "--input", "8x8x3", *given)
    assert ran.code == 0, ran.err
    assert "network ScaleNet" in ran.out
