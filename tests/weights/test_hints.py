"""What is said where weights do not fit: the likeliest reason, and names by shapes and order."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest
import torch
from cli.runner import run

from weights.given import SMALL, module, torch_state, write_torch
from weights.refusing import refused

WITH_BIAS = SMALL.replace("conv 4 3x3 pad=1", "conv 4 3x3 pad=1 bias=true")
NEEDED, LEFT_OUT = "`bias=true` in the source says so", "`bias=false` in the source says so"


def renamed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same with names of numbers alone, in the same order."""
    layers = list(dict.fromkeys(name.partition(".")[0] for name in state))
    return {
        f"net.{layers.index(name.partition('.')[0])}.{name.partition('.')[2]}": tensor
        for name, tensor in state.items()
    }


# --- a bias before a batch norm --------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_a_bias_more_is_called_by_its_cause(ending: str, named: bool, here: Path) -> None:
    state = torch_state(WITH_BIAS)
    write_torch(here / f"in{ending}", state if named else renamed(state))
    refused(here / f"in{ending}", 1, "error[E501]", f"layers in the file have a bias: {NEEDED}")
    (here / "with.cnn").write_text(WITH_BIAS)
    if named:
        assert run("weights", "convert", "with.cnn", f"in{ending}", "out.pt").code == 0


@pytest.mark.parametrize("named", [True, False])
def test_a_bias_less_is_called_by_its_cause(named: bool, here: Path) -> None:
    (here / "with.cnn").write_text(WITH_BIAS)
    state = torch_state(SMALL)
    write_torch(here / "in.pt", state if named else renamed(state))
    said = f"layers in the file have no bias: {LEFT_OUT}"
    refused(here / "in.pt", 1, "error[E501]", said, network="with.cnn")


def test_a_bias_after_the_order_is_called_by_its_cause(here: Path) -> None:
    write_torch(here / "in.pt", renamed(torch_state(WITH_BIAS)))
    ran = run("weights", "convert", "net.cnn", "in.pt", "out.pt", "--match", "order")
    assert ran.code == 1
    assert NEEDED in ran.err


def test_a_bias_in_a_model_of_keras_is_called_by_its_cause(here: Path) -> None:
    image = keras.Input((6, 5, 2))
    x = keras.layers.Conv2D(4, 3, padding="same", name="theirs")(image)
    x = keras.layers.PReLU(shared_axes=[1, 2])(keras.layers.BatchNormalization()(x))
    x = keras.layers.Dense(5, activation="relu")(keras.layers.Flatten()(x))
    keras.Model(image, keras.layers.Dense(3)(x)).save("in.keras")
    for match in ("graph", "order"):
        ran = run("weights", "convert", "net.cnn", "in.keras", "out.pt", "--match", match)
        assert ran.code == 1
        assert f"layers in the file have a bias: {NEEDED}" in ran.err


def test_a_norm_without_its_shift_is_no_bias(here: Path) -> None:
    given = {n: t for n, t in torch_state(SMALL).items() if n != "bn1.bias"}
    write_torch(here / "in.pt", given)
    assert "bias=" not in refused(here / "in.pt", 1, "`bn1.bias` 4 is not in the file").err


# --- names that may be meant -----------------------------------------------------------------

CHAIN = "network Net { input 4x4x2\n repeat 4 { conv 2 3x3 pad=1, relu }\n flatten, dense 3 }"


def test_the_name_in_the_same_place_is_named(here: Path) -> None:
    """By spelling alone, `conv1.3` would be near to whatever has a 3."""
    (here / "net.cnn").write_text(CHAIN)
    state = module(CHAIN, "torch").Net().state_dict()
    theirs = ["b.conv1.3", "b.conv1.2", "b.conv1.1", "x", "head"]
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in state))
    given = {
        f"{theirs[layers.index(n.rpartition('.')[0])]}.{n.rpartition('.')[2]}": tensor
        for n, tensor in state.items()
    }
    write_torch(here / "in.pt", given)
    data = json.loads(run("weights", "inspect", "net.cnn", "in.pt", "--json").out)
    near = {row["name"]: row["nearest"] for row in data["weights"]}
    for own, other in zip(layers, theirs, strict=True):
        assert near[f"{own}.weight"] == f"{other}.weight"
        assert near[f"{other}.weight"] == f"{own}.weight"


def test_a_name_of_another_shape_is_not_named(here: Path) -> None:
    given = torch_state(SMALL)
    given["conv1.weigth"] = torch.zeros(4, 2, 5, 5)
    del given["conv1.weight"]
    write_torch(here / "in.pt", given)
    assert "near to" not in refused(here / "in.pt", 1, "`conv1.weigth` 4x2x5x5 is only in").err


# --- order, and names that say otherwise -----------------------------------------------------


def exchanged() -> keras.Model:
    """Two layers of one shape, each with the name of the other."""
    image = keras.Input((4, 4, 2))
    x = keras.layers.Conv2D(2, 3, padding="same", activation="relu", name="two")(image)
    return keras.Model(image, keras.layers.Conv2D(2, 3, padding="same", name="one")(x))


PAIR = "network Net { input 4x4x2\n one: conv 2 3x3 pad=1\n relu\n two: conv 2 3x3 pad=1 }"


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_an_order_that_names_contradict_is_not_taken_in_silence(ending: str, here: Path) -> None:
    (here / "net.cnn").write_text(PAIR)
    model = exchanged()
    (model.save if ending == ".keras" else model.save_weights)(f"in{ending}")
    command = ("weights", "convert", "net.cnn", f"in{ending}", "out.pt", "--force")
    ran = run(*command, "--match", "order")
    assert ran.code == 1
    assert "error[E505]: `two.kernel` in the file would be `one.kernel` by its order" in ran.err
    assert not Path("out.pt").exists()
    for options, name in (((), "one"), (("--match", "order", "--trust-order"), "two")):
        assert run(*command, *options).code == 0
        taken = torch.load("out.pt", weights_only=True)["one.weight"].numpy()
        wanted = model.get_layer(name).kernel.numpy().transpose(3, 2, 0, 1)
        assert (taken == wanted).all()
