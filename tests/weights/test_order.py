"""``--match order``: weights of the same layers under other names; ``--skip``: parts left aside."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from cli.runner import run
from safetensors.torch import save_file
from torch import nn

from weights.given import module

NET = """
network Net {
    input 6x6x2
    conv 4 3x3 pad=1, bn, relu
    residual { repeat 11 { conv 4 3x3 pad=1, relu } }
    flatten, dense 5, relu, dense 5
}
"""
"""Twelve convolutions, so that Keras counts past nine; two dense layers, of different shapes."""


def their_keras() -> keras.Model:
    """The same network, as somebody else names its layers and in no order of names."""
    inputs = keras.Input((6, 6, 2))
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="z_first")(inputs)
    x = y = keras.layers.ReLU()(keras.layers.BatchNormalization(epsilon=1e-5)(x))
    for place in range(11):
        x = keras.layers.Conv2D(4, 3, padding="same", name=f"mine{11 - place}")(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.Flatten()(keras.layers.Add()([y, x]))
    x = keras.layers.ReLU()(keras.layers.Dense(5, name="a")(x))
    model = keras.Model(inputs, keras.layers.Dense(5, name="b")(x))
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.1, 1, w.shape) / 8 for w in model.get_weights()])
    return model


class TheirTorch(nn.Module):
    """The same network in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU()
        )
        self.body = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(11))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(144, 5), nn.ReLU(), nn.Linear(5, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = y = self.stem(x)
        for conv in self.body:
            x = torch.relu(conv(x))
        return self.head(x + y)


@pytest.fixture
def x() -> np.ndarray:
    """A batch, the channels last."""
    return np.random.default_rng(5).normal(size=(3, 6, 6, 2)).astype("float32")


@pytest.fixture(autouse=True)
def _net(here: Path) -> None:
    (here / "net.cnn").write_text(NET, encoding="utf-8")


def convert(source: str, output: str, *options: str) -> None:
    done = run("weights", "convert", "net.cnn", source, output, *options)
    assert done.code == 0, done.err


def generated(path: str, x: np.ndarray) -> np.ndarray:
    """What the generated module makes of a batch with the weights of a state dict."""
    net = module(NET, "torch").Net()
    net.load_state_dict(torch.load(path, weights_only=True))
    with torch.no_grad():
        return net.eval()(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).numpy()


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_a_model_of_keras_with_other_names(ending: str, x: np.ndarray) -> None:
    theirs = their_keras()
    (theirs.save if ending == ".keras" else theirs.save_weights)(f"in{ending}")
    refused = run("weights", "convert", "net.cnn", f"in{ending}", "out.pt")
    assert refused.code == 1
    assert f"`--match {'graph' if ending == '.keras' else 'order'}`" in refused.err
    convert(f"in{ending}", "out.keras", "--match", "order")
    own = keras.saving.load_model("out.keras")
    for name, place in (("conv1", 0), ("fc1", -2), ("fc2", -1)):
        wanted = [of for of in theirs.layers if of.weights][place].kernel.numpy()
        np.testing.assert_array_equal(own.get_layer(name).kernel.numpy(), wanted)
    for turn in range(11):
        kernel = theirs.get_layer(f"mine{11 - turn}").kernel.numpy()
        np.testing.assert_array_equal(own.get_layer(f"conv2_{turn}").kernel.numpy(), kernel)
    wanted = np.asarray(theirs(x, training=False))
    np.testing.assert_allclose(np.asarray(own(x, training=False)), wanted, rtol=1e-5)
    convert(f"in{ending}", "out.pt", "--match", "order")
    np.testing.assert_allclose(generated("out.pt", x), wanted, rtol=1e-5)


def test_a_module_of_torch_with_other_names(x: np.ndarray) -> None:
    torch.manual_seed(1)
    theirs = TheirTorch()
    theirs(torch.randn(8, 2, 6, 6))  # moves the statistics, and counts a batch
    torch.save(theirs.state_dict(), "in.pt")
    assert run("weights", "convert", "net.cnn", "in.pt", "out.pt").code == 1
    convert("in.pt", "out.pt", "--match", "order")
    with torch.no_grad():
        wanted = theirs.eval()(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).numpy()
    np.testing.assert_allclose(generated("out.pt", x), wanted, rtol=0, atol=1e-6)
    assert torch.load("out.pt", weights_only=True)["bn1.num_batches_tracked"] == 1


def test_another_number_of_layers_of_a_kind_is_none_of_them() -> None:
    theirs = TheirTorch()
    theirs.body.append(nn.Conv2d(4, 4, 3, padding=1))
    torch.save(theirs.state_dict(), "in.pt")
    refused = run("weights", "convert", "net.cnn", "in.pt", "out.pt", "--match", "order")
    assert refused.code == 1
    assert "`body.0.weight` 4x4x3x3 is only in the file" in refused.err
    assert "hint" not in refused.err
    assert not Path("out.pt").exists()


def test_a_layer_more_that_has_a_name_of_the_network() -> None:
    """It is told, and does not fall away where another layer gets that name."""
    state = module(NET, "torch").Net().state_dict()
    other = {"conv1.weight": torch.zeros(4, 2, 5, 5), "first.weight": state["conv1.weight"]}
    torch.save({**other, **{n: t for n, t in state.items() if n != "conv1.weight"}}, "in.pt")
    refused = run("weights", "convert", "net.cnn", "in.pt", "out.pt", "--match", "order")
    assert refused.code == 1
    assert "`conv1.weight in the file` 4x2x5x5 is only in the file" in refused.err


def test_layers_whose_order_the_file_does_not_say() -> None:
    """Keras' files count the layers of each class in each model, and nothing else."""
    inputs = keras.Input((5,))
    inner = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5, name="b")])
    keras.Model(inputs, inner(keras.layers.Dense(5, name="a")(inputs))).save("in.keras")
    Path("net.cnn").write_text(
        "network Net { input 5, dense 5, dense 5 }".replace(" 5,", " 5\n", 1)
    )
    refused = run("weights", "convert", "net.cnn", "in.keras", "out.pt", "--match", "order")
    assert refused.code == 1
    assert "does not say which of the layers" in refused.err


def test_a_format_without_an_order() -> None:
    save_file(module(NET, "torch").Net().state_dict(), "in.safetensors")
    refused = run("weights", "convert", "net.cnn", "in.safetensors", "o.pt", "--match", "order")
    assert refused.code == 2
    assert "do not keep the order" in refused.err


def test_parts_of_a_file_are_left_aside() -> None:
    state = module(NET, "torch").Net().state_dict()
    torch.save({**state, "ema.conv.weight": torch.zeros(3), "ema2.a": torch.zeros(2)}, "in.pt")
    assert run("weights", "convert", "net.cnn", "in.pt", "out.pt", "--skip", "ema").code == 1
    convert("in.pt", "out.pt", "--skip", "ema", "--skip", "ema2")
    wrong = run("weights", "convert", "net.cnn", "in.pt", "o.pt", "--skip", "emb")
    assert wrong.code == 2
    assert "neither in.pt nor the network has a layer 'emb'" in wrong.err


LOOP = """
network Net {
    input 6x6x4
    repeat 3 { conv 4 3x3 pad=1, relu, conv 4 3x3 pad=1, relu }
}
"""
"""Generated code holds its layers in two lists; a sequence of layers has them turn by turn."""


def test_loops_turn_by_turn_and_in_lists() -> None:
    Path("net.cnn").write_text(LOOP)
    turns = nn.Sequential(*(nn.Conv2d(4, 4, 3, padding=1) for _ in range(6)))
    torch.save(turns.state_dict(), "in.pt")
    refused = run("weights", "convert", "net.cnn", "in.pt", "out.pt", "--match", "order")
    assert refused.code == 1
    assert "error[E505]: `conv2.0.weight` is `1.weight` in the file if loops are saved turn" in (
        refused.err
    )
    assert not Path("out.pt").exists()
    convert("in.pt", "out.pt", "--match", "order", "--trust-order")
    made = module(LOOP, "torch").Net()
    made.load_state_dict(torch.load("out.pt"))
    x = y = torch.rand(1, 4, 6, 6)
    for conv in turns:
        y = torch.relu(conv(y))
    assert torch.equal(made(x), y)
