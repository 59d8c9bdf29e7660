"""A channel of zeros, whose root has no slope: no gradient may become NaN."""

from __future__ import annotations

import numpy as np
import pytest

from cnngen.frameworks import MAIN
from cnngen.ir import INPUT
from cnngen.reference import Array
from numeric.harness import TARGETS, compiled, problem, subject


@pytest.mark.parametrize("layer", ["grn", "rmsnorm", "instancenorm"])
def test_gradients_of_a_channel_of_zeros(layer: str) -> None:
    source = compiled(f"network Case {{\n    input 3x4x2\n    {layer}\n}}\n")
    network = source.networks["Case"]
    given = problem(network, "float64", 2)
    given.x[..., 1] = 0

    def loss(outputs: dict[str, Array]) -> tuple[float, dict[str, Array]]:
        y = outputs[MAIN]
        return float((y**3).sum() / 3), {MAIN: y**2}

    slopes = [subject(t, source, network, given).step(given.x, loss).inputs[INPUT] for t in TARGETS]
    assert all(np.isfinite(slope).all() for slope in slopes)
    np.testing.assert_allclose(slopes[0], slopes[1], atol=1e-12 * np.abs(slopes[0]).max())
