"""The reference's own promises: types, shapes, and how weights are laid out in a target."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.backends import backend
from cnngen.backends.axes import from_target, to_target
from cnngen.backends.base import Slot
from cnngen.ir import MAIN, layers
from cnngen.ops import Axis, Weight
from cnngen.reference import evaluate, random_weights, sizes_of, trace
from numeric.cases import CASES, TORCH_ONLY, Case
from numeric.harness import TARGETS, compiled, problem

CHANNELS_FIRST = ("channels", "positions")
CHANNELS_LAST = ("positions", "channels")
VALUES = np.arange(2 * 60.0)


@pytest.mark.parametrize("case", CASES + TORCH_ONLY, ids=str)
def test_shapes_and_types(case: Case) -> None:
    network = compiled(case.text, targets=()).networks["Case"]
    given = problem(network, "float32", 2)
    weights = {
        path: {name: array.astype("float32") for name, array in own.items()}
        for path, own in given.weights.items()
    }
    outputs = trace(network, weights, given.x.astype("float32"))
    expected = {path: layer.at.output for path, layer in layers(network.body)}
    assert list(outputs) == list(expected)
    for path, shape in expected.items():
        assert outputs[path].shape == (2, *sizes_of(shape))
        assert outputs[path].dtype == np.float32


def test_evaluate_is_the_end_of_trace() -> None:
    case = Case("3x4x5", "conv 2 3x3, relu, flatten, dense 3")
    network = compiled(case.text, targets=()).networks["Case"]
    given = problem(network, "float64", 2)
    output = evaluate(network, given.weights, given.x)[MAIN]
    np.testing.assert_array_equal(output, trace(network, given.weights, given.x)["fc1"])


def test_random_weights_depend_on_the_seed_only() -> None:
    network = compiled(Case("3x4x5", "conv 2 3x3, bn").text, targets=()).networks["Case"]
    a, b, c = (random_weights(network, seed)["conv1"]["kernel"] for seed in (1, 1, 2))
    assert a.shape == (2, 5, 3, 3)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def test_statistics_are_far_from_their_defaults() -> None:
    network = compiled(Case("3x4x500", "bn").text, targets=()).networks["Case"]
    bn = random_weights(network, 0)["bn1"]
    assert set(bn) == {"scale", "shift", "mean", "variance"}
    assert 0.5 <= bn["variance"].min() < 0.6 < 1.4 < bn["variance"].max() <= 1.5
    assert bn["mean"].std() > 0.3


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights_survive_a_round_trip(case: Case, target: str) -> None:
    network = compiled(case.text, targets=()).networks["Case"]
    to = backend(target)
    weights = random_weights(network, 0)
    for path, layer in layers(network.body):
        for weight in layer.op.weights(layer.at.input):
            slot = to.slots(layer)[weight.name]
            array = weights[path][weight.name]
            there = to_target(array, weight, slot, to.flat_order)
            np.testing.assert_array_equal(from_target(there, weight, slot, to.flat_order), array)


def test_layout_of_a_depthwise_kernel() -> None:
    axes = (Axis("channels", 5), Axis("multiplier", 2), Axis("height", 3), Axis("width", 4))
    array = VALUES.reshape(5, 2, 3, 4)
    slot = Slot("", "(channels multiplier) 1 height width")
    made = to_target(array, Weight("kernel", axes), slot, CHANNELS_FIRST)
    np.testing.assert_array_equal(made, array.reshape(10, 1, 3, 4))


def test_layout_of_a_convolution_kernel() -> None:
    axes = (Axis("out", 5), Axis("in", 2), Axis("height", 3), Axis("width", 4))
    array = VALUES.reshape(5, 2, 3, 4)
    made = to_target(array, Weight("kernel", axes), Slot("", "height width in out"), CHANNELS_LAST)
    np.testing.assert_array_equal(made, array.transpose(2, 3, 1, 0))


def test_layout_of_a_dense_kernel_after_a_flatten() -> None:
    weight = Weight("kernel", (Axis("out", 2), Axis("in", 60, (3, 4, 5))))  # a map 3x4x5
    array = VALUES.reshape(2, 60)
    same = to_target(array, weight, Slot("", "out in"), CHANNELS_FIRST)
    np.testing.assert_array_equal(same, array)
    made = to_target(array, weight, Slot("", "in out"), CHANNELS_LAST)
    expected = array.reshape(2, 5, 3, 4).transpose(2, 3, 1, 0).reshape(60, 2)
    np.testing.assert_array_equal(made, expected)


def test_layout_with_axes_of_size_one() -> None:
    weight = Weight("slope", (Axis("channels", 120),))
    made = to_target(VALUES, weight, Slot("", "1 1 channels"), CHANNELS_LAST)
    assert made.shape == (1, 1, 120)


def test_a_layout_that_lacks_an_axis() -> None:
    weight = Weight("kernel", (Axis("out", 2), Axis("in", 60)))
    with pytest.raises(ValueError, match="lacks in"):
        to_target(VALUES.reshape(2, 60), weight, Slot("", "out"), CHANNELS_LAST)
