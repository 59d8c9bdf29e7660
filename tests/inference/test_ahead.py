"""Norms that become part of the layer after them."""

from __future__ import annotations

import pytest

from cnngen.ir import layers
from cnngen.ops import BatchNorm
from cnngen.source import Source
from inference.forms import EXACT, forms, reference_distance, torch_distances
from inference.test_keras import keras_distance

BODIES = [
    "input 8x8x4\nbn, conv 4 3x3",
    "input 8x8x4\nbn affine=false, conv 4 3x3 bias=true stride=2",
    "input 8x8x4\nrelu, bn, conv 4 1x1, bn, relu",
    "input 8x8x4\nconv 3 3x3, bn, relu, n: bn affine=scale, c: conv 4 1x1 pad=same",
    "input 8x8x4\nresidual { bn, conv 4 1x1, relu }",
    "input 8x8x4\nbn, dense 5 per=position",
    "input 6\nrelu, bn, dense 5, bn",
    "input 9x3\nbn, conv 5 3",
    "input 8x8x4\nu 5, u 3",
    "input 8x8x4\nbn, let width = 3, conv width 1x1",
    "input 8x8x4\naux h weight=0.1 { bn, conv 2 1x1 }\nn: bn, c: conv 4 1x1",
]


def source(body: str) -> Source:
    unit = "block u(width) { first: bn, last: conv width 3x3, relu }"
    body = body.replace(", let ", "\nlet ").replace(", conv width", "\nconv width")
    return Source("net.cnn", f"{unit}\nnetwork Net {{\n{body}\n}}")


@pytest.mark.parametrize("body", BODIES)
def test_it_gives_the_same_without_a_norm(body: str) -> None:
    made = forms(source(body))
    (before,), (after,) = made.trained, made.inferred
    assert made.plan.ahead
    assert not any(isinstance(layer.op, BatchNorm) for _, layer in layers(after.body))
    assert reference_distance(before, after, made.plan) < EXACT
    assert all(each < EXACT for each in torch_distances(source(body)).values())


@pytest.mark.parametrize("body", [BODIES[n] for n in (0, 2, 3, 6, 8, 10)])
def test_it_gives_the_same_in_keras(body: str) -> None:
    assert keras_distance(source(body)) < EXACT


def test_the_layer_before_comes_first() -> None:
    plan = forms(source("input 8x8x4\nconv 3 1x1, bn, conv 4 3x3 pad=1")).plan
    assert plan.folded
    assert not plan.ahead


def test_another_eps_stays() -> None:
    """The most common one of a network is folded, wherever its norms stand."""
    made = forms(
        source("input 8x8x4\nconv 3 1x1, bn, relu\nconv 3 1x1, bn, relu, bn eps=0.1, conv 4 1x1")
    )
    assert len(made.plan.folded) == 2
    assert not made.plan.ahead


def test_a_norm_of_the_same_name_in_a_branch() -> None:
    text = "r: relu, a: conv 4 3x3 pad=1, from r, g: { n: bn }, add a, relu, n: bn, conv 4 1x1"
    made = forms(source(f"input 8x8x4\n{text}"))
    assert made.plan.ahead
    assert made.plan.merged
    assert all(each < EXACT for each in torch_distances(source(f"input 8x8x4\n{text}")).values())
