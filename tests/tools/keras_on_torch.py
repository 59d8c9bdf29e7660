"""Models on ``KERAS_BACKEND=torch``: those that TensorFlow saved, saved again, and trained.

As on a machine that has no TensorFlow.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tools import small
from tools.on_keras import assert_close, logits, losses_of_fit
from tools.process import watched


def main(folder: Path, names: list[str]) -> None:
    assert keras.backend.backend() == "torch"
    for name in names:
        print(name)
        check(folder, name)
    small.free_of_cnngen()


def check(folder: Path, name: str) -> None:
    with np.load(folder / f"{name}.npz") as saved:
        expected = list(saved.values())

    make = small.entry(name, "keras")  # its module registers the classes that loading needs
    loaded = keras.models.load_model(folder / f"{name}.keras")
    assert_close(output(loaded), expected, 1e-5)

    model = make()
    model.set_weights(loaded.get_weights())
    assert_close(output(model), output(loaded), 1e-6)
    model.save(folder / "again.keras")
    again = keras.models.load_model(folder / "again.keras")
    assert_close(output(again), output(model), 1e-6)

    losses_of_fit(model, epochs=1)


def output(model: Any) -> list[Any]:
    return logits(model(small.batch(3)[0], training=False))


if __name__ == "__main__":
    watched()
    sys.modules["tensorflow"] = None  # type: ignore[assignment]  # importing it fails
    main(Path(sys.argv[1]), sys.argv[2:])
