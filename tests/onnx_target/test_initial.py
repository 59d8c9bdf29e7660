"""How weights start in a file without ``--weights``: what ``init=`` says, the same each time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnngen.backends.onnx.initial import initial_weights
from onnx_target.runtime import networks


def started(line: str, shape: str = "8x8x24") -> dict[str, np.ndarray]:
    """The weights of the only layer."""
    (network,) = networks(f"network Net {{\n    input {shape}\n    {line}\n}}")
    (own,) = initial_weights(network).values()
    return own


CONV, DEPTHWISE = "conv 48 3x3", "depthwise_conv 3x3 multiplier=4"
IN, OUT = 24 * 9, 48 * 9


@pytest.mark.parametrize(
    ("line", "variance", "shape"),
    [
        (CONV, 1 / (3 * IN), "uniform"),
        (f"{CONV} init=torch", 1 / (3 * IN), "uniform"),
        (f"{CONV} init=he", 2 / IN, "normal"),
        (f"{CONV} init=he(fan_out)", 2 / OUT, "normal"),
        (f"{CONV} init=he(uniform, fan_out)", 2 / OUT, "uniform"),
        (f"{CONV} init=lecun", 1 / IN, "normal"),
        (f"{CONV} init=xavier", 2 / (IN + OUT), "normal"),
        (f"{CONV} init=xavier(uniform)", 2 / (IN + OUT), "uniform"),
        (f"{CONV} init=keras", 2 / (IN + OUT), "uniform"),
        (f"{DEPTHWISE} init=he", 2 / 9, "normal"),
        (f"{DEPTHWISE} init=keras", 2 / (9 * 28), "uniform"),
        ("conv_transpose 12 3x3 init=he", 2 / (12 * 9), "normal"),
        ("conv_transpose 12 3x3 init=he(fan_out)", 2 / (24 * 9), "normal"),
    ],
)
def test_kernels_have_the_variance_that_is_asked_for(
    line: str, variance: float, shape: str
) -> None:
    kernel = started(line)["kernel"]
    assert abs(kernel.mean()) < 5 * math.sqrt(variance / kernel.size)
    assert kernel.var() == pytest.approx(variance, rel=0.12)
    if shape == "uniform":
        assert np.abs(kernel).max() <= math.sqrt(3 * variance)
    else:
        assert np.abs(kernel).max() > 2.5 * math.sqrt(variance)


def test_a_truncated_normal_ends_at_two_deviations() -> None:
    kernel = started(f"{CONV} init=truncated_normal(0.1)")["kernel"]
    assert 0.19 < np.abs(kernel).max() <= 0.2
    assert kernel.std() == pytest.approx(0.088, rel=0.05)  # of a normal one cut off there


@pytest.mark.parametrize("line", ["conv 48 1x1", "conv 12 3x2", "conv_transpose 12 2x2"])
def test_an_orthogonal_kernel_has_orthonormal_rows_or_columns(line: str) -> None:
    kernel = started(f"{line} init=orthogonal")["kernel"]
    rows = kernel.reshape(len(kernel), -1)
    products = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    assert np.allclose(products, np.eye(len(products)))


@pytest.mark.parametrize(("init", "value"), [("zeros", 0), ("ones", 1), ("constant(-0.5)", -0.5)])
def test_a_constant_is_everywhere(init: str, value: float) -> None:
    own = started(f"{CONV} init={init}")
    assert (own["kernel"] == value).all()
    assert not own["bias"].any()


def test_a_bias_is_drawn_by_default_alone() -> None:
    bias = started(CONV)["bias"]
    assert 0.5 / math.sqrt(IN) < np.abs(bias).max() <= 1 / math.sqrt(IN)
    assert not started(f"{CONV} init=he")["bias"].any()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bn", {"scale": 1, "shift": 0, "mean": 0, "variance": 1}),
        ("prelu", {"slope": 0.25}),
        ("layer_scale start=0.1", {"scale": 0.1}),
        ("grn", {"scale": 0, "shift": 0}),
        ("layernorm", {"scale": 1, "shift": 0}),
        ("rmsnorm", {"scale": 1}),
    ],
)
def test_other_weights_start_at_a_number(line: str, expected: dict[str, float]) -> None:
    own = started(line)
    assert {name: set(array.flat) for name, array in own.items()} == {
        name: {value} for name, value in expected.items()
    }


def test_zero_init_starts_the_last_scale_at_zero() -> None:
    (network,) = networks(
        "network Net {\n input 8x8x4\n residual zero_init=true { conv 4 3x3 pad=1, bn }\n}"
    )
    own = initial_weights(network)["bn1"]
    assert not own["scale"].any()
    assert (own["variance"] == 1).all()


def test_the_numbers_are_the_same_each_time() -> None:
    assert (started(CONV)["kernel"] == started(CONV)["kernel"]).all()
