"""Initial weights that are not drawn one by one: orthogonal matrices, and constants."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numeric.harness import TARGETS, compiled, keras_floats

from cnngen.frameworks import framework
from cnngen.reference import Array
from initial.draws import INITIALS, Kind, distance, expected, limit, standard

LAYERS = {
    "conv": "conv 12 3x3",
    "wide conv": "conv 80 3x3",
    "grouped": "conv 12 3x3 groups=2",
    "transposed": "conv_transpose 6 3x3",
    "depthwise": "depthwise_conv 3x3",
    "depthwise, several": "depthwise_conv 3x3 multiplier=3",
    "depthwise, uneven": "depthwise_conv 3x3 multiplier=2 stride=2x1",
    "pointwise dense": "dense 12 per=position",
    "dense": "flatten, dense 12",
}

targets = pytest.mark.parametrize("target", TARGETS)
layers = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def made(target: str, layer: str, seed: int = 0) -> dict[str, Array]:
    """The weights that a new model starts with, by their names."""
    source = compiled(f"network Case {{\n    input 6x5x4\n    {layer}\n}}\n")
    of = framework(target)
    with keras_floats("float64"):
        _seed(seed)
        model = of.build(source.modules[target], source.networks["Case"], "float64")
        return {name: array for (_, name), array in model.weights().items()}


def _seed(seed: int) -> None:
    import keras
    import torch

    keras.utils.set_random_seed(seed)
    torch.manual_seed(seed)


def matrix(kernel: Array, layer: str) -> Array:
    """Outputs by inputs and window; of a transposed convolution inputs by the rest."""
    first = 2 if layer.startswith("depthwise") else 1
    return kernel.reshape(int(np.prod(kernel.shape[:first])), -1)


@targets
@layers
def test_orthogonal_kernels(layer: str, target: str) -> None:
    weights = made(target, f"{layer} init=orthogonal")
    found = matrix(weights["kernel"], layer)
    rows, columns = found.shape
    product = found @ found.T if rows <= columns else found.T @ found
    np.testing.assert_allclose(product, np.eye(min(rows, columns)), atol=1e-6)
    assert not weights["bias"].any()
    other = made(target, f"{layer} init=orthogonal", seed=1)["kernel"]
    assert not np.allclose(weights["kernel"], other)


@targets
def test_any_orthogonal_matrix_is_as_likely(target: str) -> None:
    """The values of a 4 x 4 one have both signs, and squares of a quarter on average."""
    layer = "conv 4 1x1 init=orthogonal"
    first = np.array([made(target, layer, seed)["kernel"][0, 0, 0, 0] for seed in range(60)])
    assert 15 < (first > 0).sum() < 45
    assert np.square(first).mean() == pytest.approx(0.25, abs=0.13)


@targets
@layers
@pytest.mark.parametrize(("initial", "value"), [("constant(-0.25)", -0.25), ("ones", 1)])
def test_constants(initial: str, value: float, layer: str, target: str) -> None:
    weights = made(target, f"{layer} init={initial}")
    assert (weights["kernel"] == value).all()
    assert not weights["bias"].any()


DEPTHWISE = Kind("9x9x512", "depthwise_conv 9x9 multiplier=2", 81, 81 * 1024)
POINTWISE = Kind("9x9x1024", "conv 96 1x1", 1024, 96)
"""What a separable convolution consists of."""


def _separable(target: str, initial: str) -> dict[str, Array]:
    layer = f"separable_conv 96 9x9 multiplier=2 init={initial}"
    source = compiled(f"network Case {{\n    input 9x9x512\n    {layer}\n}}\n")
    _seed(0)
    model = source.modules[target].Case()
    drawn = model.state_dict().values() if target == "torch" else model.weights
    arrays = (np.asarray(weight) for weight in drawn)
    return dict(zip(("depthwise", "pointwise", "bias"), arrays, strict=True))


@targets
@pytest.mark.parametrize("initial", INITIALS)
def test_both_kernels_of_a_separable_convolution(initial: str, target: str) -> None:
    weights = _separable(target, initial)
    assert (not weights["bias"].any()) == (initial != "torch")
    assert np.abs(weights["bias"]).max() <= 1 / math.sqrt(1024)
    for name, kind in (("depthwise", DEPTHWISE), ("pointwise", POINTWISE)):
        if initial == "zeros":
            assert not weights[name].any()
            continue
        wanted = expected(kind, initial)
        found, sample = weights[name].ravel() / wanted.deviation, standard(wanted.distribution)
        assert distance(found, sample) <= limit(found, sample), name
        assert found.std() == pytest.approx(sample.std(), rel=0.02), name
