"""``.h5`` and ``.hdf5``: whole models and weights as Keras 2 saves them, and Keras 3 if asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import torch
from cli.runner import run
from keras import layers

from weights.given import (
    SMALL,
    bits,
    keras_model,
    module,
    raw,
    read_torch,
    small_file,
    with_bits,
)
from weights.refusing import refused


@pytest.fixture
def wanted(here: Path) -> dict[str, bytes]:
    """The state dict that the small network's weights become."""
    source = small_file(here, ".weights.h5")
    assert run("weights", "convert", "net.cnn", source, "wanted.pt").code == 0
    return {name: raw(tensor) for name, tensor in read_torch(here / "wanted.pt").items()}


def converted(source: str, *options: str) -> dict[str, bytes]:
    ran = run("weights", "convert", "net.cnn", source, "out.pt", "--force", *options)
    assert ran.code == 0, ran.err
    return {name: raw(tensor) for name, tensor in read_torch(Path("out.pt")).items()}


@pytest.mark.filterwarnings("ignore:You are saving your model")
@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
@pytest.mark.parametrize("fitted", [False, True])
def test_a_whole_model_that_keras_3_saves(
    fitted: bool, ending: str, wanted: dict[str, bytes]
) -> None:
    model = keras_model(SMALL)
    if fitted:
        model.compile("adam", "mse")
        model.fit(np.zeros((2, 6, 5, 2)), np.zeros((2, 3)), verbose=0)
    with_bits(model).save(f"in{ending}")
    assert converted(f"in{ending}") == wanted
    inspected = run("weights", "inspect", "net.cnn", f"in{ending}")
    assert inspected.code == 0
    assert ("beside the weights: the state of the optimiser adam" in inspected.out) is fitted


# --- Keras 2 ---------------------------------------------------------------------------------


def keras_2(path: str, named: Callable[[str, str], str], *, whole: bool, many: bool) -> None:
    """The small network's weights as Keras 2 lays them out.

    ``named`` gives the name of a variable, ``whole`` puts them into a model; where there are
    ``many``, lists are divided, as they are when they are too long for a header.
    """
    model = with_bits(keras_model(SMALL))
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights") if whole else file
        if whole:
            file.attrs["keras_version"] = b"2.15.0"
            file.create_group("optimizer_weights").attrs["weight_names"] = [b"Adam/iter:0"]
            file["optimizer_weights/Adam/iter:0"] = 3
        _list(group, "layer_names", [layer.name for layer in model.layers], divided=many)
        group.attrs["backend"] = b"tensorflow"
        for layer in model.layers:
            names = [named(layer.name, variable.name) for variable in layer.weights]
            own = group.create_group(layer.name)
            _list(own, "weight_names", names, divided=False)
            for name, variable in zip(names, layer.weights, strict=True):
                own[name] = variable.numpy()


def _list(group: h5py.Group, name: str, values: list[str], *, divided: bool) -> None:
    encoded = [value.encode() for value in values]
    if divided:
        group.attrs[f"{name}0"], group.attrs[f"{name}1"] = encoded[:3], encoded[3:]
    else:
        group.attrs[name] = encoded or np.zeros(0, "S1")


@pytest.mark.parametrize(
    "named",
    [
        lambda layer, variable: f"{layer}/{variable}:0",
        lambda layer, variable: f"{layer}_3/{variable}:0",
        lambda _, variable: f"{variable}:0",
    ],
)
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_what_keras_2_saves(
    whole: bool, many: bool, named: Callable[[str, str], str], wanted: dict[str, bytes]
) -> None:
    keras_2("in.h5", named, whole=whole, many=many)
    assert converted("in.h5") == wanted
    ran = run("weights", "inspect", "net.cnn", "in.h5")
    assert ("the state of the optimiser Adam (1 array)" in ran.out) is whole


def test_a_list_with_an_array_that_is_not_there(here: Path) -> None:
    keras_2("in.h5", lambda layer, v: f"{layer}/{v}:0", whole=True, many=False)
    with h5py.File("in.h5", "a") as file:
        del file["model_weights/fc1/fc1/bias:0"]
    refused(here / "in.h5", 2, "there is no array `fc1/bias:0` of the layer `fc1` in it")


def test_variables_of_one_name(here: Path) -> None:
    keras_2("in.h5", lambda layer, v: f"{layer}/{v}:0", whole=True, many=False)
    with h5py.File("in.h5", "a") as file:
        names = file["model_weights/fc1"].attrs["weight_names"]
        file["model_weights/fc1"].attrs["weight_names"] = [*names, names[0]]
    refused(here / "in.h5", 2, "there are two variables called `fc1.kernel` in it")


def test_a_file_without_layers(here: Path) -> None:
    with h5py.File("in.h5", "w") as file:
        file["data"] = np.zeros(3)
    refused(here / "in.h5", 2, "error[E014]: there are no weights in it")


def test_a_layer_that_keras_2_calls_the_kernel_of_otherwise() -> None:
    """Of a depthwise convolution, Keras 3 says `kernel`."""
    text = "network Net { input 4x4x3\n dw: depthwise_conv 3x3 }"
    Path("net.cnn").write_text(text, encoding="utf-8")
    kernel, bias = bits("k", (3, 3, 3, 1), "float32"), bits("b", (3,), "float32")
    with h5py.File("in.h5", "w") as file:
        file.attrs["layer_names"] = [b"dw"]
        own = file.create_group("dw")
        own.attrs["weight_names"] = [b"dw/depthwise_kernel:0", b"dw/bias:0"]
        own["dw/depthwise_kernel:0"], own["dw/bias:0"] = kernel, bias
    found = converted("in.h5")
    assert found["dw.weight"] == kernel.transpose(2, 3, 0, 1).tobytes()
    assert found["dw.bias"] == bias.tobytes()


def test_bytes_that_were_changed_or_cut_off_never_end_in_a_traceback(here: Path) -> None:
    """The runner fails for anything but an exit; most changes are in values, and pass."""
    keras_2("good.h5", lambda layer, v: f"{layer}/{v}:0", whole=True, many=True)
    data = (here / "good.h5").read_bytes()
    random = np.random.default_rng(0)
    for turn in range(80):
        changed = bytearray(data if turn % 4 else data[: random.integers(0, len(data))])
        for place in random.integers(0, max(len(changed), 1), 8 if changed else 0):
            changed[place] = random.integers(0, 256)
        (here / "in.h5").write_bytes(changed)
        ran = run("weights", "inspect", "net.cnn", "in.h5", "--json")
        assert ran.code in (0, 1, 2)
        assert "Traceback" not in ran.err


def test_an_optimiser_that_is_an_array(here: Path) -> None:
    keras_2("in.h5", lambda layer, v: f"{layer}/{v}:0", whole=True, many=False)
    with h5py.File("in.h5", "a") as file:
        del file["optimizer_weights"]
        file["optimizer_weights"] = np.zeros(3)
    assert run("weights", "inspect", "net.cnn", "in.h5").code == 0


# --- how layers are connected ----------------------------------------------------------------

NET = """
network Net {
    input 8x8x3
    conv 4 3x3 pad=1 bias=false, bn eps=1e-3, relu
    residual { conv 4 3x3 pad=1, relu, conv 4 3x3 pad=1 }
    concat {
        identity
        conv 2 1x1
    }
    flatten, dense 5
}
"""


def theirs() -> keras.Model:
    """The same network with other names, a model in it, and the layers in another order."""
    image = keras.Input((8, 8, 3))
    stem = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same", use_bias=False, name="c"),
            layers.BatchNormalization(name="b"),
            layers.ReLU(),
        ],
        name="stem",
    )
    x = stem(image)
    y = layers.Conv2D(4, 3, padding="same", activation="relu", name="z")(x)
    x = layers.Add()([layers.Conv2D(4, 3, padding="same", name="a")(y), x])
    x = layers.Concatenate(axis=3)([x, layers.Conv2D(2, 1, name="side")(x)])
    model = keras.Model(image, layers.Dense(5, name="top")(layers.Flatten()(x)))
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.1, 1, w.shape) - 0.4 * (w.ndim > 1) for w in model.weights])
    return model


def same_outputs(model: keras.Model) -> None:
    net = module(NET, "torch").Net()
    net.load_state_dict(torch.load("out.pt", weights_only=True))
    x = np.random.default_rng(5).normal(size=(3, 8, 8, 3)).astype("float32")
    with torch.no_grad():
        made = net.eval()(torch.from_numpy(np.moveaxis(x, -1, 1).copy())).numpy()
    np.testing.assert_allclose(made, np.asarray(model(x, training=False)), rtol=1e-4, atol=1e-4)


@pytest.fixture
def net(here: Path) -> None:
    (here / "net.cnn").write_text(NET, encoding="utf-8")


@pytest.mark.usefixtures("net")
@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_layers_of_a_whole_model_are_found_by_how_they_are_connected() -> None:
    model = theirs()
    model.save("in.h5")
    converted("in.h5", "--match", "graph")
    same_outputs(model)


def _of_keras_2(config: Any) -> Any:
    """A configuration as Keras 2 says it: calls are lists, and there are no shapes."""
    for layer in config["layers"]:
        if "layers" in layer["config"]:
            layer.pop("build_config", None)
            if "output_layers" in layer["config"]:
                _of_keras_2(layer["config"])
        calls = layer.get("inbound_nodes", [])
        layer["inbound_nodes"] = [[*map(_taken, _given(call["args"]))] for call in calls]
    return config


def _given(args: Any) -> list[Any]:
    return args[0] if isinstance(args[0], list) else args


def _taken(tensor: Any) -> list[Any]:
    return [*tensor["config"]["keras_history"], {}]


@pytest.mark.usefixtures("net")
@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_the_graph_of_a_model_of_keras_2() -> None:
    model = theirs()
    model.save("in.h5")
    with h5py.File("in.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        _of_keras_2(config["config"])
        file.attrs["model_config"] = json.dumps(config).encode()
    converted("in.h5", "--match", "graph")
    same_outputs(model)


@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_a_map_turned_before_it_is_flattened_in_keras_2(here: Path) -> None:
    """Without shapes it is not known whether the turn matters: it is not passed over."""
    (here / "net.cnn").write_text("network Net { input 8x8x3\n flatten, dense 5 }")
    image = keras.Input((8, 8, 3))
    x = layers.Flatten()(layers.Permute((3, 1, 2))(image))
    keras.Model(image, layers.Dense(5)(x)).save("in.h5")
    with h5py.File("in.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        _of_keras_2(config["config"])
        file.attrs["model_config"] = json.dumps(config)
    ran = run("weights", "convert", "net.cnn", "in.h5", "out.pt", "--match", "graph")
    assert ran.code == 1
    assert "error[E504]: the model in the file is not built as `Net` is" in ran.err


def test_weights_alone_do_not_say_how_layers_are_connected() -> None:
    keras_2("in.h5", lambda layer, v: f"{layer}/{v}:0", whole=False, many=False)
    ran = run("weights", "convert", "net.cnn", "in.h5", "out.pt", "--match", "graph")
    assert ran.code == 1
    assert "error[E504]: the file does not say how the layers of its model" in ran.err


@pytest.mark.usefixtures("net")
@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_layers_are_in_the_order_of_the_model() -> None:
    model = theirs()
    model.save("in.h5")
    converted("in.h5", "--match", "order", "--trust-order")
    same_outputs(model)


NESTED = """
network Net {
    input 8x8x3
    conv 4 1x1
    conv 4 1x1
    conv 4 3x3 pad=1
    shared: conv 4 3x3 pad=1
    reuse shared
}
"""


@pytest.mark.filterwarnings("ignore:You are saving your model")
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_models_in_models_and_a_layer_that_is_shared(ending: str, here: Path) -> None:
    (here / "net.cnn").write_text(NESTED)
    inner = keras.Sequential(
        [keras.Input((8, 8, 4)), layers.Conv2D(4, 3, padding="same", name="c")], name="inner"
    )
    given = keras.Input((8, 8, 4))
    middle = keras.Model(given, inner(layers.Conv2D(4, 1, name="m")(given)), name="middle")
    image = keras.Input((8, 8, 3))
    again = layers.Conv2D(4, 3, padding="same", name="s")
    x = again(again(middle(layers.Conv2D(4, 1, name="z")(image))))
    model = keras.Model(image, x)
    model.save(f"in{ending}")
    options = ("--match", "graph", "--write-map", "names.json")
    found = converted(f"in{ending}", *options)
    table = {"z": "conv1", "middle.m": "conv2", "middle.inner.c": "conv3", "s": "shared"}
    assert json.loads(Path("names.json").read_text()) == table
    for theirs, ours in zip(
        (model.get_layer("z"), *middle.layers[1:2], *inner.layers, again),
        table.values(),
        strict=True,
    ):
        assert found[f"{ours}.weight"] == theirs.kernel.numpy().transpose(3, 2, 0, 1).tobytes()
    assert converted(f"in{ending}", "--map", "names.json") == found
