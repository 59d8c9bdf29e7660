"""Side heads: there in training, gone in evaluation, their losses counted by their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnngen.backends import backend
from cnngen.ir import Network, SideHead
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
    run_torch,
    torch_heads,
    torch_input,
    torch_model,
)
from numeric.region_cases import CASES, RegionCase
from numeric.smaller import EXAMPLES, smaller
from numeric.training import MAIN, distance, keras_weights, reference_step, torch_weights

GOOGLENET = smaller(EXAMPLES / "googlenet.cnn")

SOURCES = {
    **{case.name: case.text for case in CASES if case.name.startswith("side_heads: ")},
    "GoogLeNet": GOOGLENET,
}

CLASSIFIERS = {
    "two": SOURCES["side_heads: two"],
    "of a block": SOURCES["side_heads: of a block"],
    "GoogLeNet": GOOGLENET,
}
"""Sources whose outputs are all logits of the same classes."""

TOLERANCE = 1e-10

RATE = 0.125
"""The learning rate."""


def heads(network: Network) -> list[SideHead]:
    return [item for item in network.body.items if isinstance(item, SideHead)]


def networks(source: Compiled) -> list[Network]:
    """Those with side heads."""
    return [network for network in source.networks.values() if heads(network)]


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES)
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


def _evaluated(
    source: Compiled, network: Network, given: Problem
) -> dict[str, dict[str, Array]]:
    """All outputs of the targets, without dropout and with the running statistics."""
    import keras
    import torch

    model = torch_model(source, network, given)
    with torch.no_grad(), torch_heads(model):
        found = {"torch": {k: from_torch(y) for k, y in model(torch_input(given))._asdict().items()}}
    with keras_floats("float64"):
        model = keras_model(source, network, given)
        outputs = keras.Model(model.inputs, model.output)(given.x, training=False)
        found["keras"] = {name: np.asarray(y) for name, y in outputs.items()}
    return found


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES)
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
    classes = network.body.output.channels
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


def _problems(text: str) -> list[tuple[Compiled, Network, Problem, Array]]:
    source = compiled(text)
    found = []
    for network in networks(source):
        given = problem(network, "float64", 4)
        found.append((source, network, given, targets(network, 4)))
    return found


def _keras(source: Compiled, network: Network, given: Problem, **settings: Any) -> Any:
    """A model ready to train."""
    import keras

    model = keras_model(source, network, given)
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
    for source, network, given, classes in _problems(text):
        expected = expected_loss(network, given, classes, np.ones(4))
        with keras_floats("float64"):
            model = _keras(source, network, given)
            assert model.train_on_batch(given.x, classes) == pytest.approx(expected, rel=1e-7)
            loss = model.compute_loss(None, classes, model(given.x, training=True))
            again = _keras(source, network, given)
            loss = again.compute_loss(None, classes, again(given.x, training=True))
        assert float(loss) == pytest.approx(expected, rel=TOLERANCE)
