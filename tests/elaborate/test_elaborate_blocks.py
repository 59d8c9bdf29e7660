"""Blocks: their arguments, what they see, and that equal uses are one body."""

from __future__ import annotations

import pytest
from elaborating import body_codes, codes_of, network, ops

from cnngen.ir import Instance, Network, layers
from cnngen.ops import Conv, Map

HEAD = "input 8x8x3\n"
B = "block b(w, s=1, v=w * 2) { conv w 1x1 stride=s, conv v 1x1 }"


def uses(made: Network) -> list[Instance]:
    return [item for item in made.body.items if isinstance(item, Instance)]


def convs(made: Network) -> list[tuple[int, int]]:
    """Filters and stride of each convolution."""
    return [(op.channels, op.stride[0]) for op in ops(made) if isinstance(op, Conv)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("b 4", [(4, 1), (8, 1)]),
        ("b 4 2", [(4, 2), (8, 1)]),
        ("b 4 2 5", [(4, 2), (5, 1)]),
        ("b w=4", [(4, 1), (8, 1)]),
        ("b 4 v=5", [(4, 1), (5, 1)]),
        ("b 4 v=5 s=2", [(4, 2), (5, 1)]),
        ("b s=2 4", [(4, 2), (8, 1)]),
        ("b s=2 4 5", [(4, 2), (5, 1)]),
        ("b channels", [(3, 1), (6, 1)]),
        ("let w = 5\nb w + 1 v=w", [(6, 1), (5, 1)]),
        ("for w in [2, 3] { b w v=1 }", [(2, 1), (1, 1), (3, 1), (1, 1)]),
        ("b 4, b 2", [(4, 1), (8, 1), (2, 1), (4, 1)]),
    ],
)
def test_arguments(use: str, expected: list[tuple[int, int]]) -> None:
    assert convs(network(HEAD + use, blocks=B)) == expected


@pytest.mark.parametrize(
    ("use", "codes"),
    [
        ("b", "E205"),
        ("b s=2", "E205"),
        ("b 1 2 3 4", "E206"),
        ("b 4 w=4", "E207"),
        ("b 4 s=1 s=2", "E207"),
        ("b 4 z=1", "E202"),
        ("b 4 relu", "E203"),
        ("b 4 v=0", "E208"),
        ("b 4 { relu }", "E224"),
    ],
)
def test_mistakes_in_arguments(use: str, codes: str) -> None:
    assert body_codes(HEAD + use, blocks=B) == codes.split()


@pytest.mark.parametrize(
    ("blocks", "codes"),
    [
        ("block c(v=w, w=3) { conv v 1x1 }", "E203"),
        ("block c(v=n) { conv v 1x1 }", "E203"),
        ("block c(v=u) { conv v 1x1 }", "E203"),
        ("block c() { conv n 1x1 }", "E203"),
        ("block c() { conv u 1x1 }", "E203"),
        ("block c() { conv 3 1x1\nadd a }", "E222"),
        ("block d(v) { c }\nblock c() { conv v 1x1 }", "E203"),
        ("block c() { input 8x8x3 }", "E312"),
        ("block c() { }", "E308"),
        ("block c() { aux h weight=1 { relu } }", "E225"),
        ("block c() { relu }\nblock c() { relu }", "E212"),
        ("block conv() { relu }\nblock c() { relu }", "E211"),
        ("block gate() { relu }\nblock c() { relu }", "E211"),
        ("block c(list=3) { relu }", "E211"),
        ("block c(a=1, a=2) { relu }", "E211"),
        ("block c() { let n = 3\nrelu }", ""),
        ("block c(n=1) { conv n 1x1 }", ""),
        ("block c() { a: relu }", ""),
    ],
)
def test_a_block_sees_its_own_parameters_alone(blocks: str, codes: str) -> None:
    text = f"{blocks}\nnetwork Net(n=3) {{\n{HEAD}let u = 2\na: relu\nc\n}}\n"
    assert codes_of(text) == codes.split()


def test_the_shape_that_comes_in() -> None:
    blocks = "block c(v=channels + 1) { conv v height x width }"
    made = network("input 5x4x3\nc\nc", blocks=blocks)
    assert ops(made) == [Conv(4, (5, 4)), Conv(5, (1, 1))]


def test_a_parameter_hides_the_incoming_channels() -> None:
    made = network(HEAD + "c 7", blocks="block c(channels) { conv channels 1x1 }")
    assert ops(made) == [Conv(7, (1, 1))]


@pytest.mark.parametrize(
    ("body", "bodies"),
    [
        ("c 3\nc 3", 1),
        ("c 3\nc w=3", 1),
        ("c 3\nc 3 s=1", 1),
        ("c 3\nrelu\nc 1 + 2", 1),
        ("repeat 1000 { c 3 }", 1),
        ("c 3\nc 4", 2),
        ("c 4\nc 4", 2),
        ("c 3\nmaxpool 2x2\nc 3", 2),
        ("c 3\nc 3 s=1.0", 2),
        ("c 3\nc n", 1),
        ("c 3\nc n + 0", 1),
        ("g: { c 3 }\nresidual { c 3 }", 1),
    ],
)
def test_equal_uses_are_one_body(body: str, bodies: int) -> None:
    blocks = "block c(w, s=1) { conv w 1x1, dropout s / 2 }"
    made = network(HEAD + body, "n=3", blocks)
    found = {id(layer) for _, layer in layers(made.body) if layer.op.word == "conv"}
    assert len(found) == bodies


def test_uses_know_their_block_and_its_arguments() -> None:
    blocks = "# What it is.\nblock c(w, v=2, u=w) { conv w 1x1 }"
    first, second = uses(network(HEAD + "c 4\nc channels * 2", blocks=blocks))
    assert first.block is second.block
    assert first.block.name == "c"
    assert first.block.description == "What it is."
    known = [(p.name, p.default) for p in first.block.parameters]
    assert known == [("w", None), ("v", 2), ("u", None)]
    assert first.arguments == {"w": 4, "v": 2, "u": 4}
    assert second.arguments == {"w": 8, "v": 2, "u": 8}
    assert (first.at.input, first.at.output) == (Map((8, 8), 3), Map((8, 8), 4))
