"""Generated Keras models under what Keras users run their models through, on TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tools import process
from tools.on_keras import assert_close, logits, losses_of_fit
from tools.small import NETWORKS, SHAPE, batch, entry

pytestmark = pytest.mark.slow


def made(name: str, seed: int = 0) -> Any:
    """A model whose batch norms have statistics of their own."""
    keras.utils.set_random_seed(seed)
    model = entry(name, "keras")()
    model(batch(8)[0] * 2 + 1, training=True)
    return model


def assert_agree(found: Any, expected: Any, tolerance: float = 0.0) -> None:
    """Both give the same; a tolerance is for where other kernels may run."""
    for size in (1, 3):
        x, _ = batch(size)
        assert_close(logits(found(x)), logits(expected(x)), tolerance)


def test_a_saved_model(name: str, tmp_path: Path) -> None:
    model = made(name)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_agree(loaded, model)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]


def test_saved_weights(name: str, tmp_path: Path) -> None:
    model, other = made(name), made(name, seed=1)
    with pytest.raises(AssertionError):
        assert_agree(other, model)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert_agree(other, model)


def test_fit(name: str) -> None:
    losses = losses_of_fit(made(name), epochs=10)
    assert losses[-1] < losses[0]


def test_the_summary_has_every_layer(name: str) -> None:
    model, lines = made(name), list[str]()
    model.summary(line_length=200, print_fn=lines.append)
    shown = "\n".join(lines)
    for layer in model.layers:
        assert f"{layer.name} ({type(layer).__name__})" in shown
    for weight in model.weights:  # what is inside of another layer is not shown
        assert f" {weight.path.split('/')[-2]} (" in shown
    assert f" {model.count_params():,} " in shown


def test_tf_function(name: str) -> None:
    import tensorflow as tf

    model = made(name)
    given = tf.TensorSpec((None, *SHAPE))
    function = tf.function(lambda x: model(x, training=False), input_signature=[given])
    assert_agree(function, model, 1e-5)


def test_mirrored_strategy(compiled: Path) -> None:
    process.run(compiled, "tools.mirrored", *NETWORKS)


def test_on_the_torch_backend(compiled: Path, tmp_path: Path) -> None:
    for name in NETWORKS:
        model = made(name)
        model.save(tmp_path / f"{name}.keras")
        np.savez(tmp_path / f"{name}.npz", *logits(model(batch(3)[0])))
    command = ("tools.keras_on_torch", str(tmp_path), *NETWORKS)
    process.run(compiled, *command, KERAS_BACKEND="torch")
