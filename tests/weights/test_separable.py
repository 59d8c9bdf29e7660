"""Separable convolutions: one layer of Keras that is two elsewhere, whichever side has which."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from cli.runner import run
from keras import layers

from weights.given import keras_model, module, torch_state, write_torch

TWO = """
network Net {
    input 8x8x3
    "a": { depthwise: depthwise_conv 3x3 pad=1 bias=false multiplier=2, pointwise: conv 4 1x1 }
    relu
    "b": {
        depthwise: depthwise_conv 3x3 stride=2 bias=false
        pointwise: conv 4 1x1 bias=false, norm: bn eps=1e-3
    }
    flatten, dense 5
}
"""
"""Two layers each."""

ONE = """
network Net {
    input 8x8x3
    a: separable_conv 4 3x3 pad=1 multiplier=2, relu
    b: separable_conv 4 3x3 stride=2 bias=false, norm: bn eps=1e-3
    flatten, dense 5
}
"""


def theirs(*, apart: bool, first: str = "a", second: str = "b") -> keras.Model:
    """The same with layers of Keras, one each, or two where they are ``apart``."""
    x = image = keras.Input((8, 8, 3))
    if apart:
        x = layers.DepthwiseConv2D(
            3, padding="same", use_bias=False, depth_multiplier=2, name=f"{first}_depthwise"
        )(x)
        x = layers.ReLU()(layers.Conv2D(4, 1, name=f"{first}_pointwise")(x))
        x = layers.DepthwiseConv2D(3, strides=2, use_bias=False, name=f"{second}_depthwise")(x)
        x = layers.Conv2D(4, 1, use_bias=False, name=f"{second}_pointwise")(x)
    else:
        x = layers.SeparableConv2D(
            4, 3, padding="same", depth_multiplier=2, activation="relu", name=first
        )(x)
        x = layers.SeparableConv2D(4, 3, strides=2, use_bias=False, name=second)(x)
    x = layers.BatchNormalization(name="b_norm" if first == "a" else "n")(x)
    model = keras.Model(image, layers.Dense(5, name="fc1")(layers.Flatten()(x)))
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.1, 1, w.shape) - 0.4 * (w.ndim > 1) for w in model.weights])
    return model


def same_outputs(text: str, model: keras.Model, path: str = "out.pt") -> None:
    net = module(text, "torch").Net()
    net.load_state_dict(torch.load(path, weights_only=True))
    x = np.random.default_rng(5).normal(size=(3, 8, 8, 3)).astype("float32")
    with torch.no_grad():
        made = net.eval()(torch.from_numpy(np.moveaxis(x, -1, 1).copy())).numpy()
    np.testing.assert_allclose(made, np.asarray(model(x, training=False)), rtol=1e-4, atol=1e-4)


def convert(source: str, *options: str) -> None:
    ran = run("weights", "convert", "net.cnn", source, "out.pt", "--force", *options)
    assert ran.code == 0, ran.err


@pytest.mark.filterwarnings("ignore:You are saving your model")
@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
def test_one_layer_of_keras_is_two_here_by_name(ending: str, here: Path) -> None:
    (here / "net.cnn").write_text(TWO)
    model = theirs(apart=False)
    (model.save_weights if ending == ".weights.h5" else model.save)(f"in{ending}")
    convert(f"in{ending}")
    same_outputs(TWO, model)
    assert run("weights", "inspect", "net.cnn", f"in{ending}").code == 0


@pytest.mark.filterwarnings("ignore:You are saving your model")
@pytest.mark.parametrize("match", ["graph", "order"])
@pytest.mark.parametrize("text", [ONE, TWO])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_they_are_found_whichever_side_has_two(
    ending: str, apart: bool, text: str, match: str, here: Path
) -> None:
    (here / "net.cnn").write_text(text)
    model = theirs(apart=apart, first="z", second="y")
    model.save(f"in{ending}")
    convert(f"in{ending}", "--match", match, "--write-map", "names.json")
    same_outputs(text, model)
    convert(f"in{ending}", "--map", "names.json")
    same_outputs(text, model)
    assert json.loads((here / "names.json").read_text())


def test_they_are_found_in_weights_alone(here: Path) -> None:
    (here / "net.cnn").write_text(TWO)
    model = theirs(apart=False, first="z", second="y")
    model.save_weights("in.weights.h5")
    convert("in.weights.h5", "--match", "order")
    same_outputs(TWO, model)


def test_one_here_is_one_of_keras(here: Path) -> None:
    (here / "net.cnn").write_text(ONE)
    write_torch(here / "in.pt", torch_state(ONE))
    assert run("weights", "convert", "net.cnn", "in.pt", "out.keras").code == 0
    assert run("weights", "convert", "net.cnn", "out.keras", "back.pt").code == 0
    back, given = torch.load("back.pt", weights_only=True), torch_state(ONE)
    assert all(
        torch.equal(back[n].view(torch.int8), given[n].view(torch.int8))
        for n in given
        if given[n].ndim
    )
    assert keras_model(ONE).get_layer("a").__class__.__name__ == "SeparableConv2D"


def test_another_separable_convolution_is_refused(here: Path) -> None:
    (here / "net.cnn").write_text(TWO.replace("stride=2", "stride=2 dilation=1 multiplier=2"))
    theirs(apart=False).save("in.keras")
    for match in ("name", "graph", "order"):
        ran = run("weights", "convert", "net.cnn", "in.keras", "o.pt", "--match", match)
        assert ran.code == 1
        assert not Path("o.pt").exists()
