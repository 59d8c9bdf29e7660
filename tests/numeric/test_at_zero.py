"""Slopes at exactly zero, where a smooth function is often written as two halves."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.frameworks import MAIN
from cnngen.ir import INPUT
from cnngen.ops import LAYERS, Activation
from cnngen.reference import Array
from numeric.harness import TARGETS, compiled, problem, reference, subject

SMOOTH = [word for word, op in LAYERS.items() if issubclass(op, Activation) and not op.has_kink]
"""Activations with one slope at each place."""


def _of_first(outputs: dict[str, Array]) -> tuple[float, dict[str, Array]]:
    """The first value of the output as a loss."""
    slope = np.zeros_like(outputs[MAIN])
    slope[0, 0] = 1
    return float(outputs[MAIN][0, 0]), {MAIN: slope}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("word", SMOOTH)
def test_slopes_at_zero(word: str, target: str) -> None:
    source = compiled(f"network Case {{\n    input 4\n    {word}\n}}\n")
    network = source.networks["Case"]
    given = problem(network, "float64", 1)._replace(inputs={INPUT: np.zeros((1, 4))})
    found = subject(target, source, network, given).step(given.x, _of_first).inputs[INPUT][0]
    step = 1e-6
    ends = [given._replace(inputs={INPUT: side * step * np.eye(4)}) for side in (1, -1)]
    above, below = (reference(network, end)[:, 0] for end in ends)
    np.testing.assert_allclose(found, (above - below) / (2 * step), atol=1e-6)
