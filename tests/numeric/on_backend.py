"""Runs Keras models on the backend that KERAS_BACKEND names; started by test_keras.

``<folder>/sources.json`` holds sources of one network each by name; their outputs go to
``<folder>/outputs.npz``, and why one has no output to the standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from cnngen.reference import Array
from numeric.harness import compiled, keras_floats, keras_model, problem, run_keras


def main(folder: Path) -> None:
    import keras

    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
    sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
    outputs: dict[str, Any] = {}
    for name, text in sources.items():
        try:
            outputs[name] = run(text)
        except Exception:
            traceback.print_exc()
    np.savez(folder / "outputs.npz", **outputs)


def run(text: str) -> Array:
    """The output of the source's only network, in float32."""
    source = compiled(text, targets=("keras",))
    (network,) = source.networks.values()
    given = problem(network, "float32", 2)
    with keras_floats("float32"):
        return run_keras(keras_model(source, network, given), given)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
