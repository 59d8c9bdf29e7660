"""What only concerns Keras: saving, and its backends beside TensorFlow."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnngen.ir import Network
from cnngen.reference import Array
from numeric.cases import CASES, MOST_LAYERS
from numeric.harness import (
    compiled,
    error,
    keras_floats,
    keras_model,
    problem,
    reference,
    run_keras,
)
from numeric.region_cases import CASES as REGION_CASES

ROOT = Path(__file__).parents[2]

CHAINS = {str(case): case.text for case in {case.kind: case for case in reversed(CASES)}.values()}
REGIONS = {str(case): case.text for case in REGION_CASES}
SOURCES = {**CHAINS, **REGIONS}
"""Each chain of layers on one of its inputs, and every region."""

SAVED = {**CHAINS, **dict([*REGIONS.items()][::10])}
"""What is saved and loaded: layers have classes of their own, and regions have none."""

FEW = {
    "lenet5": (ROOT / "examples/lenet5.cnn").read_text(encoding="utf-8"),
    "most": MOST_LAYERS,
}
ELSEWHERE = {"torch": {**FEW, **SOURCES}, "jax": FEW}
"""What runs on other backends of Keras: one compiles each operation, which takes its time."""

TOLERANCE = 1e-5
"""Relative to the largest value of the output."""


@pytest.mark.slow
@pytest.mark.parametrize("text", SAVED.values(), ids=SAVED)
def test_a_saved_model_is_the_same_when_loaded(text: str, tmp_path: Path) -> None:
    """Without ``custom_objects``: a class in the generated file registers itself."""
    import keras

    source = compiled(text)
    for network in source.networks.values():
        given = problem(network, "float32", 2)
        with keras_floats("float32"):
            model = keras_model(source, network, given)
            before = run_keras(model, given)
            model.save(tmp_path / "model.keras")
            after = run_keras(keras.models.load_model(tmp_path / "model.keras"), given)
        np.testing.assert_array_equal(before, after)


def on_backend(backend: str, folder: Path) -> dict[str, Array]:
    """The outputs with this ``KERAS_BACKEND``, which needs a process of its own."""
    (folder / "sources.json").write_text(json.dumps(ELSEWHERE[backend]), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "numeric.on_backend", str(folder)],
        cwd=ROOT / "tests",
        env={**os.environ, "KERAS_BACKEND": backend},
        check=True,
        timeout=300,
    )
    with np.load(folder / "outputs.npz") as outputs:
        return dict(outputs)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ELSEWHERE)
def test_keras_on_another_backend(backend: str, tmp_path: Path) -> None:
    pytest.importorskip(backend)
    outputs = on_backend(backend, tmp_path)
    errors = {
        (name, network.name): _error(network, outputs.get(f"{name} {network.name}"))
        for name, text in ELSEWHERE[backend].items()
        for network in compiled(text, targets=()).networks.values()
    }
    assert not {name: found for name, found in errors.items() if not found <= TOLERANCE}


def _error(network: Network, output: Array | None) -> float:
    """Infinite where it did not run; then the captured standard error says why."""
    if output is None:
        return math.inf
    return error(output, reference(network, problem(network, "float32", 2)))
