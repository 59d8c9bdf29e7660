"""Layers behind one another that become one."""

from __future__ import annotations

import pytest

from cnngen.analysis.cost import mac_count
from cnngen.ir import layers
from cnngen.source import Source
from inference.forms import EXACT, forms, reference_distance, torch_distances
from inference.test_keras import keras_distance

MERGED = [
    "conv 8 3x3 pad=1 bias=true, conv 4 1x1 bias=true",
    "conv 8 3x3 pad=1, bn, conv 4 1x1, bn",
    "conv 8 3x3 pad=1 stride=2, dropout 0.5, identity, conv 4 1x1 pad=same, relu",
    "conv 8 1x1 bias=true, conv 4 3x3 stride=2",
    "conv 8 1x1 bias=false, conv 4 3x3 pad=1 dilation=2 stride=2",
    "conv 8 1x1 bias=false, bn affine=false, conv 4 3x3",
    "conv 8 1x1 bias=false, conv 4 3x3 pad=1 pad_mode=reflect",
    "conv 8 1x1, conv 8 1x1, conv 8 1x1, relu",
    "g: { relu, c: conv 8 3x3, bn, conv 4 1x1, bn, relu }",
    "a: conv 8 3x3, b: conv 4 1x1, relu, add b",
    "flatten, dense 9, dropout 0.2, dense 3",
    "dense 9 per=position, dense 3 per=position",
    "u 8 3, u 9 5",
]

KEPT = [
    "conv 4 3x3, conv 64 1x1",
    "conv 8 3x3 groups=2, conv 4 1x1",
    "conv 8 3x3, conv 4 1x1 groups=2",
    "conv 8 3x3, conv 4 1x1 stride=2",
    "conv 8 1x1 bias=true, conv 4 3x3 pad=1",
    "conv 8 1x1, bn, conv 4 3x3 pad=1",
    "conv 8 3x3, relu, conv 4 1x1",
    "a: conv 4 3x3 pad=1, conv 4 1x1, add a",
    "a: conv 4 3x3 pad=1, conv 4 1x1, reuse a",
    "conv 4 3x3, b: conv 4 1x1, reuse b",
    "conv 4 3x3, i: identity, conv 4 1x1, add i",
    "dense 9 per=position, conv 4 1x1",
    "for i in range(2) { c[i]: conv 8 3x3, d[i]: conv 4 1x1 }",
    "repeat 2 { conv 8 3x3 pad=1, conv 4 1x1 }",
    "u 8 3, u 4 64",
    "g: { relu, conv 8 3x3, conv 4 1x1 }",
    "p: conv 8 3x3, q: conv 4 1x1, relu, a_q: conv 3 1x1",
    "k 3, k 1",
]


def source(body: str) -> Source:
    unit = "block u(wide, width) { a: conv wide 3x3 bias=false\nbn\nb: conv width 1x1\nbn }"
    size = "block k(size) { conv 8 size\nconv 4 size }"
    return Source("net.cnn", f"{unit}\n{size}\nnetwork Net {{\ninput 12x12x4\n{body}\n}}")


@pytest.mark.parametrize("body", MERGED)
def test_one_layer_gives_what_two_did(body: str) -> None:
    made = forms(source(body))
    (before,), (after,) = made.trained, made.inferred
    assert made.plan.sequences
    assert mac_count(after) < mac_count(before)
    assert reference_distance(before, after, made.plan) < EXACT
    assert all(each < EXACT for each in torch_distances(source(body)).values())


@pytest.mark.parametrize("body", [MERGED[n] for n in (1, 2, 4, 6, 8, 10, 11, 12)])
def test_one_layer_gives_what_two_did_in_keras(body: str) -> None:
    assert keras_distance(source(body)) < EXACT


@pytest.mark.parametrize("body", KEPT)
def test_two_layers_stay_two(body: str) -> None:
    made = forms(source(body))
    (before,), (after,) = made.trained, made.inferred
    sums = ("conv", "dense")
    count = [sum(layer.op.word in sums for _, layer in layers(n.body)) for n in (before, after)]
    assert count[0] == count[1]
    assert reference_distance(before, after, made.plan) < EXACT


def test_names_say_what_is_part_of_what() -> None:
    """`b` follows `a` in one block, and `c` in the other."""
    one = "block one { a: conv 8 3x3, b: conv 4 1x1, relu }"
    other = "block other { c: conv 8 3x3, b: conv 4 1x1, relu }"
    text = f"{one}\n{other}\nnetwork Net {{\ninput 12x12x4\none, other\n}}"
    made = forms(Source("net.cnn", text))
    assert len(made.plan.sequences) == 1
    assert all(each < EXACT for each in torch_distances(Source("net.cnn", text)).values())


def test_a_branch_of_two_layers_becomes_part_of_the_one_beside_it() -> None:
    """As in a diverse branch block (Ding et al., 2021): first one layer, then one with its sum."""
    body = "r: relu, c: conv 4 3x3 pad=1, from r, a: conv 8 1x1, b: conv 4 1x1, add c"
    made = forms(source(body))
    (before,), (after,) = made.trained, made.inferred
    assert [layer.op.word for _, layer in layers(after.body)] == ["relu", "conv"]
    assert reference_distance(before, after, made.plan) < EXACT
    assert all(each < EXACT for each in torch_distances(source(body)).values())
    assert keras_distance(source(body)) < EXACT
