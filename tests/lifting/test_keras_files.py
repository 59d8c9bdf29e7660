"""Models in ``.keras`` files, which nobody vouches for."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras import ops as kops

from cnngen.lifting.keras import load, record
from cnngen.lifting.keras.variables import layers_of
from cnngen.lifting.traced import UnliftableError
from lifting.on_keras import randomised, unsaid


@pytest.fixture(autouse=True)
def _cleared() -> None:
    keras.backend.clear_session()


def model_of_many() -> Any:
    """Nested, shared and fused layers, functions, and an optimiser."""
    x = keras.Input((8, 8, 3))
    y = layers.BatchNormalization(name="bn")(layers.Conv2D(3, 3, padding="same", name="c")(x))
    inner = keras.Model(x, y, name="inner")
    x = keras.Input((8, 8, 3), name="image")
    y = inner(inner(x))
    y = kops.relu(y * 2.0) + y[..., :3]
    y = layers.SeparableConv2D(3, 3, name="s")(layers.PReLU(shared_axes=[1, 2], name="p")(y))
    head = [layers.Dense(3, activation=layers.LeakyReLU(0.25), name="d"), layers.Normalization()]
    y = keras.Sequential(head, name="head")(kops.mean(y, axis=[1, 2]))
    model = keras.Model(x, y, name="many")
    model.compile("adam", "mse")
    return model


def saved(model: Any, tmp_path: Path) -> str:
    path = str(tmp_path / "model.keras")
    model.save(path)
    return path


def changed(path: str, change: Callable[[Any], Any]) -> None:
    """Write a file anew, with another configuration."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    members["config.json"] = json.dumps(change(config) or config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def values(model: Any) -> dict[str, Any]:
    """Of all variables, by their layers' names; Keras' own depend on how it made them."""
    return {
        f"{path}.{place}": variable.numpy()
        for path, layer in layers_of(model)
        for place, variable in enumerate(
            layer._trainable_variables + layer._non_trainable_variables
        )
    }


def test_a_file_gives_the_same_model(tmp_path: Path) -> None:
    model = model_of_many()
    randomised(model)
    path = saved(model, tmp_path)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    expected = np.asarray(keras.saving.load_model(path)(x))
    wanted = values(model)
    keras.backend.clear_session()
    loaded = load(path)
    found = values(loaded)
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)
    assert np.array_equal(np.asarray(loaded(x)), expected)
    traced = record(loaded)
    assert not unsaid(traced)
    assert traced.name == "many"


@pytest.mark.parametrize(
    "name",
    [
        "MobileNetV3Small",
        pytest.param("ConvNeXtTiny", marks=pytest.mark.zoo),
        pytest.param("EfficientNetB0", marks=pytest.mark.zoo),
    ],
)
def test_an_application_in_a_file(name: str, tmp_path: Path) -> None:
    model = getattr(keras.applications, name)(weights=None, input_shape=(32, 32, 3), classes=3)
    path = saved(model, tmp_path)
    wanted = record(model)
    found = record(load(path))
    assert [step._replace(weights={}) for step in found.steps] == [
        step._replace(weights={}) for step in wanted.steps
    ]
    assert found.outputs == wanted.outputs


def _layer(config: Any, kind: str) -> Any:
    return next(each for each in config["config"]["layers"] if each["class_name"] == kind)


def _lambda(config: Any) -> None:
    _layer(config, "PReLU").update(class_name="Lambda")


def _function(config: Any) -> None:
    _layer(config, "SeparableConv2D")["config"]["activation"] = {
        "module": "builtins",
        "class_name": "function",
        "config": "eval",
        "registered_name": "function",
    }


def _initialiser(config: Any) -> None:
    _layer(config, "SeparableConv2D")["config"]["bias_initializer"] = {
        "module": "keras.utils",
        "class_name": "get_file",
        "config": {"origin": "file:///etc/hostname"},
        "registered_name": None,
    }


def _code(config: Any) -> None:
    _layer(config, "PReLU")["config"]["shared_axes"] = {
        "class_name": "__lambda__",
        "config": {"value": "4wEAAAA="},
    }


def _registered(config: Any) -> None:
    _layer(config, "PReLU").update(registered_name="own>PReLU")


REFUSED = {
    "a lambda": (_lambda, "`Lambda`"),
    "a function": (_function, "`function`"),
    "something in place of an initialiser": (_initialiser, "`get_file`"),
    "code": (_code, "`__lambda__`"),
    "a class of the user's own": (_registered, "`PReLU`"),
    "no class": (lambda config: config.update(class_name=["a"]), "something"),
    "another layer": (lambda config: _layer(config, "PReLU").update(class_name="LSTM"), "`LSTM`"),
    "no model": (lambda config: {"class_name": "__ellipsis__", "config": {}}, "no model"),
    "a list": (lambda config: [1], "no model"),
    "a damaged layer": (lambda config: _layer(config, "PReLU").update(config=3), "no model"),
    "more weights than it has": (
        lambda config: _layer(config, "SeparableConv2D")["config"].update(filters=10**9),
        "more weights than it has",
    ),
    "other weights than it has": (
        lambda config: _layer(config, "SeparableConv2D")["config"].update(kernel_size=[2, 2]),
        "not the weights that its layer `s` needs",
    ),
    "another name": (
        lambda config: _layer(config, "PReLU")["config"].update(name="q"),
        "not the weights that its layer `q` needs",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, tmp_path: Path) -> None:
    change, why = REFUSED[name]
    path = saved(model_of_many(), tmp_path)
    changed(path, change)
    keras.backend.clear_session()
    with pytest.raises(UnliftableError, match=why):
        load(path)


def test_nothing_is_compiled(tmp_path: Path) -> None:
    path = saved(model_of_many(), tmp_path)

    def other(config: Any) -> None:
        config["compile_config"] = {"optimizer": {"class_name": "Evil", "config": {}}}

    changed(path, other)
    assert not load(path).compiled


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_a_damaged_configuration(text: bytes, tmp_path: Path) -> None:
    path = saved(model_of_many(), tmp_path)
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights)
    with pytest.raises(UnliftableError, match=r"config\.json"):
        load(path)


def test_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"nothing")
    with pytest.raises(UnliftableError):
        load(str(path))
    with pytest.raises(FileNotFoundError):
        load(str(tmp_path / "missing.keras"))
