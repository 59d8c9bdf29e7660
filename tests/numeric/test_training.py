"""One step of training, dropout off: outputs, all gradients, and what batch norms remember.

In float64 only: in float32, rounding decides some relus and maxima otherwise, and each decision
moves a gradient as a whole.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnngen.ir import Network
from cnngen.ops import Gelu, HardSigmoid, LeakyRelu, Op, Softplus
from cnngen.ir import layers
from numeric.cases import CASES, Case
from numeric.harness import Compiled, assert_close, compiled, problem
from numeric.region_cases import CASES as REGION_CASES
from numeric.region_cases import RegionCase
from numeric.smaller import EXAMPLES, SMALLER, smaller
from numeric.training import STEPS, distance, moved, reference_step

TOLERANCE = 1e-10
"""Of outputs and statistics relative to the largest value, of gradients to all of them."""

INEXACT: dict[type[Op], tuple[float, str]] = {
    Gelu: (1e-8, "TensorFlow keeps a constant of it in float32"),
    LeakyRelu: (1e-9, "TensorFlow keeps its slope in float32"),
    HardSigmoid: (1e-7, "torch keeps a constant of its gradient in float32"),
    Softplus: (1e-9, "torch gives x itself above 20, where exp(-20) is 2e-9"),
}
"""Where a framework is not exact in float64, by how much and why."""

UNTRAINED = {"maxpool adaptive=1x4"}
"""Keras pools a window larger than the map on the way, and TensorFlow never sets the gradient of
a pool without output: it is whatever was in memory."""

BATCH = 4


def check(source: Compiled, network: Network) -> None:
    """A step of each target against the reference, and the gradients of both."""
    given = problem(network, "float64", BATCH)
    limit = max([TOLERANCE, *(INEXACT[op][0] for op in _ops(network) if op in INEXACT)])
    outputs, _ = reference_step(network, given)
    steps = {target: step(source, network, given) for target, step in STEPS.items()}
    for target, step in steps.items():
        assert step.outputs.keys() == outputs.keys()
        for name, y in step.outputs.items():
            assert_close(y, outputs[name], limit, f"{target}, output {name}")
        for key, statistic in moved(network, given, target).items():
            assert_close(step.weights[key], statistic, limit, f"{target}, {key}")
    torch, keras = steps["torch"], steps["keras"]
    trained = {key for key, w in _trained(network)}
    assert torch.gradients.keys() == keras.gradients.keys() == trained
    assert distance(keras.gradients, torch.gradients) <= limit
    assert distance({("", "x"): keras.x}, {("", "x"): torch.x}) <= limit


def _ops(network: Network) -> set[type[Op]]:
    return {type(layer.op) for _, layer in layers(network.body)}
