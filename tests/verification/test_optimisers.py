"""Optimisers with the same formulas, and a small network that trains equally on its own."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.frameworks import Adam, Optimiser, Sgd
from cnngen.ir import layers
from cnngen.reference import Array
from cnngen.verification import models_of
from cnngen.verification.losses import squared_error
from cnngen.verification.problem import problem, random_inputs
from verification.small import compiled

TRAINED = """
network Trained {
    input 8x8x1
    conv 4 3x3 pad=1, bn, relu
    residual { conv 8 3x3 stride=2 pad=1, bn, relu, conv 8 3x3 pad=1, bn }
    relu
    maxpool 2x2
    flatten, dense 3
}
"""

ONE = """
network One {
    input 3
    dense 2
}
"""

STEPS = 100


@pytest.mark.parametrize("optimiser", [Sgd(0.003), Adam(0.01)], ids=["SGD", "Adam"])
def test_a_network_trains_equally_on_its_own(optimiser: Optimiser) -> None:
    """A hundred steps in float64 from the same weights on the same batches."""
    network, texts = compiled(TRAINED)
    given = problem(network, "float64", 8)
    batches = [random_inputs(network, "float64", 8, seed) for seed in range(2)]
    goals = np.random.default_rng(5).normal(0, 1, (2, 8, 3))
    curves: dict[str, list[float]] = {}
    for name, subject in models_of(network, texts, "float64").items():
        subject.model.load(given.weights)
        move = subject.model.optimiser(optimiser)
        losses = [squared_error({"main": goal}, {}) for goal in goals]
        curves[name] = []
        for n in range(STEPS):
            step = subject.model.step(batches[n % 2], losses[n % 2])
            curves[name].append(step.loss)
            move(step.gradients)
    torch, keras = np.array(curves["torch"]), np.array(curves["keras"])
    assert torch[-10:].mean() < 0.2 * torch[:10].mean(), "it learns"
    assert np.max(np.abs(torch - keras) / torch) <= 1e-10


def sgd(w: Array, g: Array, of: Sgd, state: dict[str, Array]) -> Array:
    """Sutskever et al., 2013, with the decay in the gradient and the rate outside."""
    state["v"] = of.momentum * state.get("v", 0 * w) + g + of.weight_decay * w
    moved: Array = w - of.learning_rate * state["v"]
    return moved


def adam(w: Array, g: Array, of: Adam, state: dict[str, Array]) -> Array:
    """Kingma & Ba, 2015, algorithm 1."""
    t = state["t"] = state.get("t", np.zeros(())) + 1
    state["m"] = of.beta1 * state.get("m", 0 * w) + (1 - of.beta1) * g
    state["v"] = of.beta2 * state.get("v", 0 * w) + (1 - of.beta2) * g**2
    m, v = state["m"] / (1 - of.beta1**t), state["v"] / (1 - of.beta2**t)
    moved: Array = w - of.learning_rate * m / (np.sqrt(v) + of.eps)
    return moved


@pytest.mark.parametrize("target", ["torch", "keras"])
@pytest.mark.parametrize(
    "optimiser", [Sgd(0.1, 0.7, 0.05), Sgd(0.1, 0.0, 0.0), Adam(0.1, 0.8, 0.95, 1e-2)]
)
def test_the_formulas(optimiser: Optimiser, target: str) -> None:
    """Every weight after five steps, by the algorithm as it is printed."""
    network, texts = compiled(ONE)
    given = problem(network, "float64", 4)
    subject = models_of(network, {target: texts[target]}, "float64")[target]
    subject.model.load(given.weights)
    move = subject.model.optimiser(optimiser)
    weights = {
        (path, weight.name): given.weights[path][weight.name]
        for path, layer in layers(network.body)
        for weight in layer.op.weights(layer.at.input)
    }
    states: dict[tuple[str, str], dict[str, Array]] = {key: {} for key in weights}
    loss = squared_error({"main": np.ones((4, 2))}, {})
    for _ in range(5):
        gradients = subject.model.step(given.x, loss).gradients
        move(gradients)
        for key, w in weights.items():
            if isinstance(optimiser, Adam):
                weights[key] = adam(w, gradients[key], optimiser, states[key])
            else:
                weights[key] = sgd(w, gradients[key], optimiser, states[key])
    for key, array in subject.model.weights().items():
        np.testing.assert_allclose(array, weights[key], rtol=1e-12, atol=1e-14)
