"""Initial weights come from the distribution that the source names, the same in both targets."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numeric.harness import TARGETS

from cnngen.ops.initial import DEVIATIONS
from initial.draws import (
    INITIALS,
    KINDS,
    Array,
    Drawn,
    agree,
    broken,
    distance,
    draw,
    expected,
    limit,
    modules,
    network_name,
    standard,
)

kinds = pytest.mark.parametrize("kind", KINDS)
targets = pytest.mark.parametrize("target", TARGETS)


@cache
def drawn(target: str, kind: str, initial: str) -> Drawn:
    return draw(target, modules().modules[target], network_name(kind, initial))


@kinds
@targets
@pytest.mark.parametrize("initial", [i for i in INITIALS if i != "zeros"])
def test_the_kernel_has_the_distribution(initial: str, target: str, kind: str) -> None:
    kernel = drawn(target, kind, initial).kernel
    wanted = expected(KINDS[kind], initial)
    standardised = kernel / wanted.deviation
    sample = standard(wanted.distribution)
    assert distance(standardised, sample) <= limit(standardised, sample)
    assert abs(standardised.mean()) < 5 / math.sqrt(kernel.size)
    assert standardised.std() == pytest.approx(sample.std(), rel=0.02)
    if wanted.distribution != "normal":
        largest = {"uniform": math.sqrt(3), "truncated": 2}[wanted.distribution]
        assert 0.999 * largest < np.abs(standardised).max() <= largest * (1 + 1e-6)


@kinds
@pytest.mark.parametrize("initial", [i for i in INITIALS if i != "zeros"])
def test_both_targets_draw_alike(initial: str, kind: str) -> None:
    one, other = (drawn(target, kind, initial).kernel for target in TARGETS)
    assert one.size == other.size
    assert agree(one, other)
    assert not np.array_equal(np.sort(one), np.sort(other))


@kinds
@targets
def test_zeros_are_zeros(kind: str, target: str) -> None:
    assert not drawn(target, kind, "zeros").kernel.any()


@kinds
@targets
@pytest.mark.parametrize("initial", [i for i in INITIALS if i != "torch"])
def test_biases_are_zeros(initial: str, kind: str, target: str) -> None:
    assert not drawn(target, kind, initial).bias.any()


@kinds
@targets
def test_biases_of_torch_are_uniform_up_to_one_by_the_root_of_the_fan(
    kind: str, target: str
) -> None:
    assert _is_torch_bias(drawn(target, kind, "torch").bias, kind)


def _is_torch_bias(bias: Array, kind: str) -> bool:
    scaled = bias * math.sqrt(KINDS[kind].fan_in)
    reaches = 0.9 < np.abs(scaled).max() <= 1 + 1e-6
    return bool(reaches) and agree(scaled, standard("uniform") / math.sqrt(3))


@targets
@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_the_least_and_the_largest_deviation_are_drawn(deviation: float, target: str) -> None:
    initial = f"truncated_normal({deviation})"
    kernel = broken(target, "dense", initial, "", "").kernel / np.float32(deviation)
    assert agree(kernel, standard("truncated"))


# --- the test itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("he", "he(uniform)"),
        ("he", "he(fan_out)"),
        ("he", "lecun"),
        ("he", "xavier"),
        ("he(uniform)", "he(uniform, fan_out)"),
        ("lecun(uniform)", "torch"),
        ("xavier(uniform)", "torch"),
    ],
)
def test_neighbours_are_told_apart(one: str, other: str) -> None:
    a, b = (drawn("torch", "conv", initial).kernel for initial in (one, other))
    assert not agree(a, b)


def test_a_normal_distribution_is_told_from_one_that_is_cut_off_with_the_same_variance() -> None:
    normal, truncated = standard("normal"), standard("truncated")
    assert not agree(normal, truncated / truncated.std())
    assert agree(normal, np.random.default_rng(4).normal(0, 1, normal.size))


@pytest.mark.parametrize(
    ("target", "kind", "initial", "good", "bad"),
    [
        ("keras", "conv", "he", '"untruncated_normal"', '"truncated_normal"'),
        ("keras", "conv", "he", '"fan_in"', '"fan_out"'),
        ("keras", "conv", "lecun", "(1.0,", "(1.1,"),
        ("keras", "depthwise", "he", "depthwise_scaling(2.0, ", "depthwise_scaling(1.8, "),
        ("keras", "depthwise_several", "he", "scale * multiplier", "scale"),
        ("keras", "depthwise_several", "he(fan_out)", "scale / multiplier", "scale"),
        ("keras", "depthwise_several", "xavier", "counted / fans", "1.0"),
        ("keras", "depthwise_uneven", "keras", "counted / fans", "1.0"),
        ("keras", "dense", "truncated_normal", "TruncatedNormal", "RandomNormal"),
        ("torch", "conv", "he", 'nonlinearity="relu"', 'nonlinearity="tanh"'),
        ("torch", "conv", "he", 'mode: _Fan = "fan_in"', 'mode: _Fan = "fan_out"'),
        ("torch", "transposed", "he", 'mode: _Fan = "fan_in"', 'mode: _Fan = "fan_out"'),
        ("torch", "depthwise_several", "keras", "layer.in_channels + multiplier", "2049"),
        ("torch", "dense", "truncated_normal(0.5)", "a=-2 * std, b=2 * std", "a=-2, b=2"),
    ],
)
def test_a_fault_in_the_generated_code_shows(
    target: str, kind: str, initial: str, good: str, bad: str
) -> None:
    wanted = expected(KINDS[kind], initial)
    kernel = broken(target, kind, initial, good, bad).kernel / wanted.deviation
    assert not agree(kernel, standard(wanted.distribution))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("conv", "torch_bias(96, 3)", "torch_bias(96)"),
        ("grouped", "torch_bias(96, 3)", "torch_bias(384, 3)"),
        ("transposed", "torch_bias(96, 3)", "torch_bias(192, 3)"),
        ("depthwise", "torch_bias(1, 9)", "torch_bias(2, 9)"),
    ],
)
def test_a_wrong_bound_of_a_bias_shows(kind: str, good: str, bad: str) -> None:
    assert not _is_torch_bias(broken("keras", kind, "torch", good, bad).bias, kind)
