"""Models with converted weights give the same outputs: every layer that has any, and ResNet-18."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.runner import clean, run
from numeric.cases import MOST_LAYERS
from numeric.harness import from_torch, problem, run_keras, torch_inputs
from zoo.cards import ROOT
from zoo.recorded import Record, summary
from zoo.seeded import seeded_input, seeded_state

from cnngen.frameworks import framework, to_keys
from cnngen.frameworks.keras import floats, own_names, undrawn
from cnngen.ir import layers
from cnngen.ops import LAYERS
from cnngen.reference import Array
from weights.given import keras_model, module, network, write_torch

LAYER_WORDS = {
    "batch norm": "bn", "layer norm": "layernorm", "group norm": "groupnorm", "prelu": "prelu",
    "dense": "dense", "convolution": "conv", "depthwise": "depthwise_conv",
    "separable": "separable_conv", "transposed": "conv_transpose", "instance norm": "instancenorm",
    "root mean square norm": "rmsnorm", "global response norm": "grn", "layer scale": "layer_scale",
    "standardised": "ws_conv",
}  # fmt: skip

DEPTHWISE = """
network Plain(classes=4) {
    input 9x8x3
    depthwise_conv 3x3 pad=1, conv 6 3x3 stride=2 dilation=2 pad=2
    conv_transpose 5 2x3 stride=2
    flatten, groupnorm 5, dense 7, bn affine=false
    aux side weight=0.3 { dense 4 }
    dense classes bias=false
}
"""

SIAMESE = """
block tower { conv 4 3x3 pad=1, bn, relu, flatten, dense 3 }
network Siamese {
    left: input 6x6x2
    right: input 6x6x2
    from left
    a: tower
    group: { mix: dense 3, tanh, reuse mix }
    from right
    b: reuse a
    concat group
    dense 2
}
"""


def convert(*arguments: object) -> None:
    ran = run("weights", "convert", *arguments)
    assert ran.code == 0, ran.err


def test_every_layer_with_weights_is_in_the_networks_here() -> None:
    found = {
        layer.op.word
        for text in (MOST_LAYERS, DEPTHWISE)
        for _, layer in layers(network(text).body)
        if layer.op.weights(layer.at.input)
    }
    assert found == set(LAYER_WORDS.values())
    assert found <= LAYERS.keys()


@pytest.mark.parametrize(
    "text", [MOST_LAYERS, DEPTHWISE, SIAMESE], ids=["most", "plain", "siamese"]
)
def test_the_outputs_stay_the_same(text: str, here: Path) -> None:
    (here / "net.cnn").write_text(text)
    given = problem(network(text), "float64", 3)
    held = framework("torch").build(module(text, "torch"), network(text), "float64")
    held.load(given.weights)
    model: Any = held.module  # type: ignore[attr-defined]
    write_torch(here / "a.pt", model.state_dict())
    with torch.no_grad():
        expected = from_torch(model.eval()(*torch_inputs(given)))

    convert("net.cnn", "a.pt", "b.weights.h5")
    with floats("float64"):
        there = keras_model(text, "float64")
        there.load_weights(here / "b.weights.h5")
        np.testing.assert_allclose(run_keras(there, given), expected, rtol=0, atol=1e-12)
        others = problem(network(text), "float64", 3, seed=7).weights
        for weight, array in to_keys("keras", network(text), others).items():
            own_names(there)[weight].assign(array)
        changed = run_keras(there, given)
        there.save_weights(here / "c.weights.h5")

    convert("net.cnn", "c.weights.h5", "d.safetensors")
    convert("net.cnn", "d.safetensors", "d.pt")
    model.load_state_dict(torch.load(here / "d.pt", weights_only=True), strict=True)
    with torch.no_grad():
        back = from_torch(model(*torch_inputs(given)))
    np.testing.assert_allclose(back, changed, rtol=0, atol=1e-12)


# --- torchvision's ResNet-18 -----------------------------------------------------------------


def checkpoint(path: Path, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """A state dict with torchvision's names and shapes, and values that depend on them alone."""
    seeded = seeded_state(Record.read("resnet18").state)
    state = {name: torch.from_numpy(value) for name, value in seeded.items()}
    state = {n: t.to(dtype) if t.is_floating_point() else t for n, t in state.items()}
    torch.save(state, path)
    return state


def logits(model: object, dtype: str) -> Array:
    """What a Keras model makes of the input that torchvision's output is recorded of."""
    x = seeded_input(Record.read("resnet18").input).transpose(0, 2, 3, 1).astype(dtype)
    with floats(dtype):
        y: Array = np.asarray(model(x, training=False))  # type: ignore[operator]
    assert y.dtype == dtype
    return y


def test_a_checkpoint_of_torchvision_gives_its_outputs_in_float64(here: Path) -> None:
    import keras

    checkpoint(here / "resnet18.pth", torch.float64)
    source = ROOT / "cnngen" / "zoo" / "resnet.cnn"
    convert(source, "resnet18.pth", "resnet18.keras", "--network", "ResNet18")
    found = logits(keras.saving.load_model(here / "resnet18.keras"), "float64")
    expected = Record.read("resnet18").outputs["logits"]
    allowed = 1e-10 * expected[:, -1].max()
    np.testing.assert_allclose(summary(found), expected, rtol=0, atol=allowed)


def test_a_checkpoint_of_torchvision_gives_its_outputs_in_float32(here: Path) -> None:
    from generated.modules import imported

    state = checkpoint(here / "resnet18.pth", torch.float32)
    source = ROOT / "cnngen" / "zoo" / "resnet.cnn"
    convert(source, "resnet18.pth", "resnet18.weights.h5", "--network", "ResNet18")
    with undrawn():
        model = imported(source, "keras").ResNet18()
    model.load_weights(here / "resnet18.weights.h5")
    found = logits(model, "float32")
    record = Record.read("resnet18").outputs["logits"]
    allowed = 1e-4 * record[:, -1].max()
    np.testing.assert_allclose(summary(found), record, rtol=0, atol=allowed)

    with torch.device("meta"):
        other = imported(source, "torch").ResNet18()
    other.load_state_dict(state, strict=True, assign=True)
    with torch.no_grad():
        x = torch.from_numpy(seeded_input(Record.read("resnet18").input)).float()
        expected = other.eval()(x).numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=allowed)


# --- in processes of their own ---------------------------------------------------------------

WITH_CLASSES = """
network Own {
    input 8x8x3
    conv 4 3x3, lrn 3
    aux side weight=0.3 { avgpool global, flatten, dense 2 }
    avgpool 3x3 stride=1 pad=1 count_pad=false
    flatten, dense 2
}
"""


def python(program: str, here: Path) -> str:
    """What a program prints that runs in a process of its own, in the current folder."""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=here, env=clean(), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_keras_file_loads_where_only_the_users_own_module_is(
    good: dict[str, Path], here: Path
) -> None:
    """Without any import where no class is needed; else with the module of the user's own."""
    (here / "own.cnn").write_text(WITH_CLASSES)
    write_torch(here / "own.pt", module(WITH_CLASSES, "torch").Own().state_dict())
    convert("own.cnn", "own.pt", "own.keras")
    convert("net.cnn", good[".pt"], "net.keras")
    assert run("compile", "own.cnn", "-t", "keras").code == 0
    program = """
import sys, keras, numpy as np
small = keras.saving.load_model("net.keras")
assert small.name == "Small" and small.count_params() == 715, small.count_params()
assert [l.rate for l in small.layers if isinstance(l, keras.layers.Dropout)] == [0.1]
import own_keras
own = keras.saving.load_model("own.keras")
assert type(own) is own_keras.OwnModel, type(own)
config = own.get_config()
print(own(np.zeros((1, 8, 8, 3), "float32")).shape, "cnngen" in str(config))
assert not any(name.partition(".")[0] == "cnngen" for name in sys.modules)
"""
    assert python(program, here) == "(1, 2) False\n"
    import zipfile

    assert b"cnngen_generated" not in zipfile.ZipFile(here / "own.keras").read("config.json")


CONVERTING = """
import sys
from click.testing import CliRunner
from cnngen.cli import cli

def convert(source, output):
    result = CliRunner().invoke(cli, ["weights", "convert", "net.cnn", source, output])
    assert result.exit_code == 0, result.output
    print([name for name in ("torch", "keras", "tensorflow") if name in sys.modules])

"""


def test_only_the_frameworks_that_a_format_needs_are_imported(
    good: dict[str, Path], here: Path
) -> None:
    """Torch's files need no Keras, and what Keras wrote can be read and kept without either."""
    first = f"""
convert({str(good[".keras"])!r}, "a.safetensors")
convert({str(good[".weights.h5"])!r}, "b.safetensors")
convert("a.safetensors", "a.pt")
"""
    assert python(CONVERTING + first, here) == "[]\n[]\n['torch']\n"
    second = "convert('a.safetensors', 'a.keras')"
    assert python(CONVERTING + second, here) == "['keras', 'tensorflow']\n"
