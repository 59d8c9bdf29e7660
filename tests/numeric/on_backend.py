"""Runs Keras models on the backend that KERAS_BACKEND names; started by test_keras.

``<folder>/sources.json`` holds sources by name; the outputs of their networks go to
``<folder>/outputs.npz`` by ``<source> <network>``, and why one has none to the standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from cnngen.ir import Network
from cnngen.reference import Array
from numeric.harness import Compiled, compiled, keras_floats, keras_model, problem, run_keras


def main(folder: Path) -> None:
    import keras

    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
    sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
    outputs: dict[str, Any] = {}
    for name, text in sources.items():
        try:
            source = compiled(text, targets=("keras",))
            for network in source.networks.values():
                outputs[f"{name} {network.name}"] = run(source, network)
        except Exception:
            traceback.print_exc()
    np.savez(folder / "outputs.npz", **outputs)


def run(source: Compiled, network: Network) -> Array:
    """The output of a network in float32."""
    given = problem(network, "float32", 2)
    with keras_floats("float32"):
        return run_keras(keras_model(source, network, given), given)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
