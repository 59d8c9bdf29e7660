"""Side heads: there in training, gone in evaluation, their losses counted by their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnngen.ir import Network, layers
from cnngen.ir import side_heads as heads
from cnngen.reference import Array, side_heads
from numeric.harness import (
    Compiled,
    Problem,
    assert_close,
    compiled,
    from_torch,
    keras_floats,
    keras_model,
    problem,
    run_keras,
    subject,
    torch_heads,
    torch_input,
    torch_model,
)
from numeric.region_cases import CASES
from numeric.smaller import EXAMPLES, smaller
from numeric.training import MAIN, distance, reference_step

GOOGLENET = {"GoogLeNet": smaller(EXAMPLES / "googlenet.cnn")}

SMALL = {case.name: case.text for case in CASES if case.name.startswith("side_heads: ")}

CLASSIFIERS = {
    name: SMALL[f"side_heads: {name}"] for name in ("two", "of a block", "in variants", "in groups")
}
"""Sources whose outputs are all logits of the same classes."""

TOLERANCE = 1e-10

RATE = 0.125
"""The learning rate."""


def networks(source: Compiled) -> list[Network]:
    """Those with side heads."""
    found = [network for network in source.networks.values() if heads(network)]
    assert found
    return found


@pytest.mark.parametrize("text", (SMALL | GOOGLENET).values(), ids=SMALL | GOOGLENET)
def test_values_in_evaluation(text: str) -> None:
    source = compiled(text)
    for network in networks(source):
        given = problem(network, "float64", 2)
        expected = side_heads(network, given.weights, given.x)
        assert list(expected) == [head.name for head in heads(network)]
        for target, found in _evaluated(source, network, given).items():
            assert list(found) == [MAIN, *expected]
            for name, y in expected.items():
                assert_close(found[name], y, TOLERANCE, f"{target}, {name}")


def _evaluated(source: Compiled, network: Network, given: Problem) -> dict[str, dict[str, Array]]:
    """All outputs of the targets, without dropout and with the running statistics."""
    import keras
    import torch

    model = torch_model(source, network, given)
    with torch.no_grad(), torch_heads(model):
        outputs = model(torch_input(given))._asdict()
    found = {"torch": {name: from_torch(y) for name, y in outputs.items()}}
    with keras_floats("float64"):
        model = keras_model(source, network, given)
        outputs = keras.Model(model.inputs, model.output)(given.x, training=False)
        found["keras"] = {name: np.asarray(y) for name, y in outputs.items()}
    return found


@pytest.mark.parametrize("text", (SMALL | GOOGLENET).values(), ids=SMALL | GOOGLENET)
def test_what_a_network_returns(text: str) -> None:
    import torch

    source = compiled(text)
    for network in networks(source):
        given = problem(network, "float32", 2)
        names = [MAIN, *(head.name for head in heads(network))]
        model = torch_model(source, network, given)
        assert isinstance(model(torch_input(given)), torch.Tensor)
        outputs = model.train()(torch_input(given))
        assert isinstance(outputs, tuple)
        assert list(outputs._fields) == names  # type: ignore[attr-defined]
        with keras_floats("float32"):
            model = keras_model(source, network, given)
            assert list(model(given.x, training=True)) == names
            one = model(given.x, training=False)
            np.testing.assert_array_equal(one, model(given.x))
            assert_close(model.predict(given.x, verbose=0), np.asarray(one), 1e-6, "predict")


# --- losses ----------------------------------------------------------------------------------


def targets(network: Network, batch: int) -> Array:
    """A class for each input."""
    classes = network.body.at.output.channels
    return np.random.default_rng(3).integers(0, classes, batch)


def cross_entropy(logits: Array, classes: Array) -> Array:
    """For each input, by the definition."""
    away = logits - logits.max(axis=1, keepdims=True)
    logarithms = away - np.log(np.exp(away).sum(axis=1, keepdims=True))
    y: Array = -logarithms[np.arange(len(classes)), classes]
    return y


def expected_loss(network: Network, given: Problem, classes: Array, of_each: Array) -> float:
    """The mean over the batch in training, each input counted ``of_each`` times."""
    outputs, _ = reference_step(network, given)
    weights = {MAIN: 1.0, **{head.name: head.weight for head in heads(network)}}
    assert weights.keys() == outputs.keys()
    total = sum(weights[name] * cross_entropy(y, classes) for name, y in outputs.items())
    return float((total * of_each).mean())


def _problems(text: str, name: str = "case.cnn") -> list[tuple[Compiled, Network, Problem, Array]]:
    source = compiled(text, name)
    found = []
    for network in networks(source):
        given = problem(network, "float64", 4)
        found.append((source, network, given, targets(network, 4)))
    return found


def _keras(source: Compiled, network: Network, given: Problem, **settings: Any) -> Any:
    """A model ready to train."""
    return _ready(keras_model(source, network, given), **settings)


def _ready(model: Any, **settings: Any) -> Any:
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss, **settings)
    return model


@pytest.mark.parametrize("text", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_loss_of_torch(text: str) -> None:
    import torch
    from torch.nn import functional

    for source, network, given, classes in _problems(text):
        expected = expected_loss(network, given, classes, np.ones(4))
        outputs = torch_model(source, network, given).train()(torch_input(given))
        target = torch.from_numpy(classes)
        assert float(outputs.loss(target)) == pytest.approx(expected, rel=TOLERANCE)
        smooth = outputs.loss(
            target, lambda y, t: functional.cross_entropy(y, t, label_smoothing=0.1)
        )
        by_hand = functional.cross_entropy(outputs.main, target, label_smoothing=0.1)
        for head in heads(network):
            y = getattr(outputs, head.name)
            by_hand += head.weight * functional.cross_entropy(y, target, label_smoothing=0.1)
        assert float(smooth) == pytest.approx(float(by_hand), rel=TOLERANCE)


@pytest.mark.parametrize("text", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_loss_of_keras(text: str) -> None:
    shares = np.array([1.0, 0.25, 2.0, 0.5])
    for source, network, given, classes in _problems(text):
        with keras_floats("float64"):
            for of_each, more in ((np.ones(4), {}), (shares, {"sample_weight": shares})):
                expected = expected_loss(network, given, classes, of_each)
                model = _keras(source, network, given)
                outputs = model(given.x, training=True)
                loss = model.compute_loss(None, classes, outputs, **more)
                assert float(loss) == pytest.approx(expected, rel=TOLERANCE)
                model = _keras(source, network, given)
                loss = model.train_on_batch(given.x, classes, **more)
                assert loss == pytest.approx(expected, rel=TOLERANCE)


def test_penalties_of_weights_count_once() -> None:
    import keras

    ((source, network, given, classes),) = _problems(CLASSIFIERS["two"])
    expected = expected_loss(network, given, classes, np.ones(4))
    kernel = given.weights["conv1"]["kernel"]
    with keras_floats("float64"):
        model = _keras(source, network, given)
        model.get_layer("conv1").kernel.regularizer = keras.regularizers.L2(0.25)
        loss = model.train_on_batch(given.x, classes)
    assert loss == pytest.approx(expected + 0.25 * np.square(kernel).sum(), rel=1e-7)


@pytest.mark.parametrize("text", (CLASSIFIERS | GOOGLENET).values(), ids=CLASSIFIERS | GOOGLENET)
def test_a_step_down_the_loss(text: str) -> None:
    """As a user takes it: the loss of all outputs, and gradient descent."""
    import torch

    for source, network, given, classes in _problems(text):
        held = subject("torch", source, network, given)
        model = held.module.train()
        optimizer = torch.optim.SGD(model.parameters(), RATE)
        model(torch_input(given)).loss(torch.from_numpy(classes)).backward()
        optimizer.step()
        found = held.weights()
        with keras_floats("float64"):
            held = subject("keras", source, network, given)
            _ready(held.model).fit(given.x, classes, batch_size=4, epochs=1, verbose=0)
            again = held.weights()
        trained = {
            (path, weight.name)
            for path, layer in layers(network.body)
            for weight in layer.op.weights(layer.at.input)
            if weight.trained
        }
        start = {(path, name): given.weights[path][name] for path, name in trained}
        moves = [{key: end[key] - start[key] for key in trained} for end in (found, again)]
        assert distance(*moves) <= TOLERANCE


@pytest.mark.parametrize("text", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_only_the_main_output_is_part_of_another_model(text: str) -> None:
    import keras

    for source, network, given, _ in _problems(text):
        with keras_floats("float64"):
            model = keras_model(source, network, given)
            x = keras.Input(given.x.shape[1:])
            with pytest.raises(
                ValueError, match=r'keras.Model\(model.input, model.output\["main"\]\)'
            ):
                model(x)
            part = keras.Model(model.input, model.output["main"])
            outer = keras.Model(x, keras.layers.Identity()(part(x)))
            for training in (False, True):
                expected = model(given.x, training=training)
                expected = expected[MAIN] if training else expected
                np.testing.assert_array_equal(outer(given.x, training=training), expected)


@pytest.mark.parametrize("text", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_validation_has_no_side_heads(text: str) -> None:
    for source, network, given, classes in _problems(text):
        with keras_floats("float64"):
            model = _keras(source, network, given, metrics=["accuracy"])
            history = model.fit(
                given.x,
                classes,
                batch_size=4,
                validation_data=(given.x, classes),
                verbose=0,
            ).history
            main = run_keras(model, given)
            measured = model.evaluate(given.x, classes, batch_size=4, verbose=0)
        expected = float(cross_entropy(main, classes).mean())
        hits = float((main.argmax(axis=1) == classes).mean())
        assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert history["val_loss"] == [pytest.approx(expected, rel=1e-7)]
        assert history["val_accuracy"] == [pytest.approx(hits)]
        assert measured == [pytest.approx(expected, rel=1e-7), pytest.approx(hits)]
        trained, _ = reference_step(network, given)
        hits = float((trained[MAIN].argmax(axis=1) == classes).mean())
        assert history["accuracy"] == [pytest.approx(hits)]


@pytest.mark.parametrize("text", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_a_saved_model_is_the_same_when_loaded(text: str, tmp_path: Path) -> None:
    import keras

    for source, network, given, classes in _problems(text, "a_file_of_its_own.cnn"):
        with keras_floats("float64"):
            model = _keras(source, network, given)
            model.save(tmp_path / "model.keras")
            again = keras.models.load_model(tmp_path / "model.keras")
            assert type(again) is type(model)
            np.testing.assert_array_equal(run_keras(again, given), run_keras(model, given))
            before, after = model(given.x, training=True), again(given.x, training=True)
            assert list(after) == list(before)
            for name in before:
                np.testing.assert_array_equal(after[name], before[name])
            loss = again.train_on_batch(given.x, classes)
            assert loss == pytest.approx(model.train_on_batch(given.x, classes), rel=TOLERANCE)
