"""What the tests of Keras models share, on whatever backend there is."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tools.small import batch


def logits(result: Any) -> list[Any]:
    """The logits, and those of side heads if there are any."""
    return [keras.ops.convert_to_numpy(head) for head in keras.tree.flatten(result)]


def assert_close(found: list[Any], expected: list[Any], tolerance: float) -> None:
    """As many arrays, and these within the tolerance."""
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def prepare(model: Any, optimizer: Any) -> None:
    """Compile for a loss of the logits, which that of side heads is part of."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss)


def losses_of_fit(model: Any, epochs: int) -> list[float]:
    """The loss of each epoch on one batch; fails if a weight stays as it was."""
    x, y = batch(16)
    before = {v.path: keras.ops.convert_to_numpy(v) for v in model.weights}
    prepare(model, keras.optimizers.Adam(0.01))
    losses: list[float] = model.fit(x, y, epochs=epochs, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    for variable in model.weights:
        after = keras.ops.convert_to_numpy(variable)
        assert (after != before[variable.path]).any(), f"{variable.path} has not changed"
    return losses
