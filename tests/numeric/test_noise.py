"""What generated layers draw in training: the same distributions in both targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnngen.ops import LAYERS
from cnngen.reference import Array
from numeric.harness import TARGETS, compiled

RATE = 0.3
SHAPE = (400, 4, 5, 6)
"""A batch of ones, channels last."""

targets = pytest.mark.parametrize("target", TARGETS)


def drawn(target: str, layer: str, *, training: bool = True) -> Array:
    """The output of a new model for ones, channels last."""
    source = compiled(f"network Case {{\n    input 4x5x6\n    {layer}\n}}\n")
    ones = np.ones(SHAPE, "float32")
    make: Callable[[], Any] = source.modules[target].Case
    if target == "keras":
        import keras

        keras.utils.set_random_seed(3)
        return np.asarray(make()(ones, training=training))
    import torch

    torch.manual_seed(3)
    y = make().train(training)(torch.from_numpy(ones).permute(0, 3, 1, 2))
    return np.asarray(y.permute(0, 2, 3, 1))


@targets
@pytest.mark.parametrize(
    ("layer", "axes"),
    [("dropout", ()), ("spatial_dropout", (1, 2)), ("drop_path", (1, 2, 3))],
)
def test_what_is_dropped_together(layer: str, axes: tuple[int, ...], target: str) -> None:
    """Values that share a draw are equal; others are not, and the mean stays."""
    y = drawn(target, f"{layer} {RATE}")
    first = y[tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(4))]
    np.testing.assert_array_equal(y, np.broadcast_to(first, SHAPE))
    kept = first != 0
    assert kept.mean() == pytest.approx(1 - RATE, abs=4 * (RATE * (1 - RATE) / kept.size) ** 0.5)
    np.testing.assert_allclose(first[kept], 1 / (1 - RATE), rtol=1e-6)
    for axis in set(range(4)) - set(axes):
        assert not np.array_equal(first, np.roll(first, 1, axis))


@targets
@pytest.mark.parametrize(
    ("layer", "deviation"),
    [("gaussian_noise 0.7", 0.7), (f"gaussian_dropout {RATE}", (RATE / (1 - RATE)) ** 0.5)],
)
def test_normal_numbers(layer: str, deviation: float, target: str) -> None:
    y = drawn(target, layer).ravel()
    assert y.mean() == pytest.approx(1, abs=4 * deviation / y.size**0.5)
    assert y.std() == pytest.approx(deviation, rel=0.02)
    within = (np.abs(y - 1) < deviation).mean()
    assert within == pytest.approx(0.6827, abs=0.01), "as of a normal distribution"


@targets
def test_factors_and_terms_are_told_apart(target: str) -> None:
    """Of zeros, a factor leaves zeros."""
    assert not drawn(target, f"scale 0, gaussian_dropout {RATE}").any()
    assert drawn(target, "scale 0, gaussian_noise 0.5").any()


@targets
@pytest.mark.parametrize("word", [word for word, op in LAYERS.items() if op.draws])
def test_evaluation_draws_nothing(word: str, target: str) -> None:
    y = drawn(target, f"{word} 0.4", training=False)
    np.testing.assert_array_equal(y, np.ones(SHAPE))
