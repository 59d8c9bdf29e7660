"""``--skip`` and ``--only``: parts of a network that keep the values that a new one starts with."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from cli.runner import run

from weights.given import (
    COUNTER,
    KERAS,
    SMALL,
    TORCH,
    keras_model,
    module,
    raw,
    read_keras,
    read_torch,
    torch_state,
    with_bits,
    write_keras,
    write_torch,
)
from weights.refusing import refused


def convert(source: str, output: str, *options: str) -> str:
    ran = run("weights", "convert", "net.cnn", source, output, "--force", *options)
    assert ran.code == 0, ran.err
    return ran.err


def taken(output: str) -> set[str]:
    """The layers that have the weights of ``torch_state``, of the others none has."""
    given = torch_state(SMALL)
    found = read_torch(Path(output))
    assert found.keys() == given.keys()
    same: dict[str, set[bool]] = {}
    for name, tensor in found.items():
        if not name.endswith(COUNTER):
            same.setdefault(name.rpartition(".")[0], set()).add(raw(tensor) == raw(given[name]))
    assert all(len(each) == 1 for each in same.values())
    return {layer for layer, (kept,) in same.items() if kept}


@pytest.mark.parametrize("ending", TORCH)
def test_another_number_of_classes(ending: str, here: Path) -> None:
    write_torch(here / f"in{ending}", torch_state(SMALL, classes=1000))
    refused(here / f"in{ending}", 1, "`--skip fc2` keeps initial values there")
    said = convert(f"in{ending}", "out.pt", "--skip", "fc2")
    assert "out.pt: initial values in `fc2`\n" in said
    assert taken("out.pt") == {"conv1", "bn1", "prelu1", "fc1"}
    weight = read_torch(Path("out.pt"))["fc2.weight"]
    assert weight.abs().max() <= 5**-0.5  # PyTorch's own bound for five inputs
    assert len(weight.unique()) > 10
    convert(f"in{ending}", "again.pt", "--skip", "fc2")
    assert raw(read_torch(Path("again.pt"))["fc2.weight"]) == raw(weight)  # drawn from one seed


@pytest.mark.parametrize("ending", KERAS)
def test_another_number_of_classes_to_keras(ending: str, here: Path) -> None:
    write_torch(here / "in.pt", torch_state(SMALL, classes=1000))
    convert("in.pt", f"out{ending}", "--skip", "fc2")
    found = read_keras(here / f"out{ending}", SMALL)
    kernel = np.frombuffer(found["fc2.kernel"], "float32")
    assert kernel.any()
    assert np.abs(kernel).max() <= (6 / 8) ** 0.5  # Glorot & Bengio, 2010
    assert found["fc1.bias"] == raw(torch_state(SMALL)["fc1.bias"])


@pytest.mark.parametrize("ending", KERAS)
def test_another_number_of_classes_from_keras(ending: str, here: Path) -> None:
    theirs = with_bits(keras_model(SMALL, classes=9))
    write_keras(here / f"in{ending}", theirs)
    bias = raw(theirs.get_layer("fc1").bias.value.numpy())
    convert(f"in{ending}", "out.pt", "--skip", "fc2")
    found = read_torch(Path("out.pt"))
    assert raw(found["fc1.bias"]) == bias
    assert found["fc2.weight"].shape == (3, 5)
    convert(f"in{ending}", f"out{ending}", "--skip", "fc2")
    assert read_keras(here / f"out{ending}", SMALL)["fc1.bias"] == bias


def test_the_type_is_that_of_the_other_weights(here: Path) -> None:
    write_torch(here / "in.pt", torch_state(SMALL, "bfloat16", classes=9))
    convert("in.pt", "out.pt", "--skip", "fc2")
    assert read_torch(Path("out.pt"))["fc2.weight"].dtype is torch.bfloat16


def test_a_file_without_a_part_of_the_network(here: Path) -> None:
    given = {n: t for n, t in torch_state(SMALL).items() if not n.startswith("fc")}
    write_torch(here / "in.pt", given)
    refused(here / "in.pt", 1, "4 names of weights in the file and `Small` do not fit")
    said = convert("in.pt", "out.pt", "--skip", "fc1", "--skip", "fc2")
    assert "out.pt: initial values in `fc1`, `fc2`\n" in said
    assert taken("out.pt") == {"conv1", "bn1", "prelu1"}
    inspected = run("weights", "inspect", "net.cnn", "in.pt", "--skip", "fc1", "--skip", "fc2")
    assert inspected.code == 0
    assert "Small: all 6 weights fit" in inspected.out


def test_one_part_alone(here: Path) -> None:
    write_torch(here / "in.pt", torch_state(SMALL, classes=9) | {"other.x": torch.zeros(2)})
    convert("in.pt", "out.pt", "--only", "conv1", "--only", "bn1")
    assert taken("out.pt") == {"conv1", "bn1"}
    counter = f"bn1.{COUNTER}"
    write_torch(here / "in.pt", torch_state(SMALL) | {counter: torch.tensor(4)})
    convert("in.pt", "out.pt", "--only", "bn1")
    assert read_torch(Path("out.pt"))[counter] == 4
    convert("in.pt", "out.pt", "--only", "fc1")
    assert read_torch(Path("out.pt"))[counter] == 0


def test_a_part_by_the_name_of_what_is_around_it(here: Path) -> None:
    text = "network Small { input 6x5x2\n stem: { conv 4 3x3, bn }\n flatten, fc1: dense 5 }"
    (here / "net.cnn").write_text(text)
    state = module(text, "torch").Small().state_dict()
    write_torch(here / "in.pt", {n: t + 1 for n, t in state.items() if n.startswith("stem.")})
    convert("in.pt", "out.keras", "--only", "stem")
    convert("out.keras", "back.pt", "--only", "stem")
    found = read_torch(Path("back.pt"))
    for name in ("stem.0.weight", "stem.1.weight"):
        assert raw(found[name]) == raw(state[name] + 1)


def test_a_part_that_is_nowhere_and_nothing_left(here: Path) -> None:
    write_torch(here / "in.pt", torch_state(SMALL))
    for options, said in (
        (("--only", "fc"), "--only: the network has no layer 'fc'"),
        (("--skip", "fc"), "--skip: neither in.pt nor the network has a layer 'fc'"),
        (("--only", "fc1", "--skip", "fc1"), "leave nothing of the network"),
    ):
        ran = run("weights", "convert", "net.cnn", "in.pt", "out.pt", *options)
        assert ran.code == 2
        assert said in ran.err


@pytest.mark.parametrize("match", ["graph", "order"])
def test_a_classifier_of_theirs_for_another_one(match: str, here: Path) -> None:
    image = keras.Input((6, 5, 2))
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="a")(image)
    x = keras.layers.PReLU(shared_axes=[1, 2])(keras.layers.BatchNormalization(name="n")(x))
    x = keras.layers.Dense(5, activation="relu", name="b")(keras.layers.Flatten()(x))
    model = keras.Model(image, keras.layers.Dense(1000, name="top")(x))
    model.save("in.keras")
    options = ("--match", match, "--skip", "top", "--skip", "fc2")
    assert "initial values in `fc2`" in convert("in.keras", "out.keras", *options)
    own = keras.saving.load_model("out.keras")
    for theirs, ours in (("a", "conv1"), ("b", "fc1")):
        kernels = (model.get_layer(theirs).kernel, own.get_layer(ours).kernel)
        np.testing.assert_array_equal(*(each.numpy() for each in kernels))
    assert own.get_layer("fc2").kernel.shape == (5, 3)
