"""Blocks: their arguments, what they see, and that equal uses are one body."""

from __future__ import annotations

import pytest
from elaborating import body_codes, codes_of, free, network, ops

from cnngen.formula import INPUT_CHANNELS, Operation, Symbol
from cnngen.ir import Argument, Instance, Network, layers
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
        ("c 3\nc n", 2),
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
    assert first.block == second.block
    assert first.block.name == "c"
    assert first.block.description == "What it is."
    known = [(p.name, p.default) for p in first.block.parameters]
    assert known == [("w", None), ("v", 2), ("u", None)]
    assert first.arguments == {
        "w": Argument(4, None),
        "v": Argument(2, None),
        "u": Argument(4, None),
    }
    assert second.arguments["w"].value == 8
    assert (first.input, first.output) == (Map(8, 8, 3), Map(8, 8, 4))


def test_formulas_are_those_of_the_block_and_of_the_place_of_use() -> None:
    blocks = """
block inner(c, s=1) { conv c * 2 1x1 stride=s }
block outer(w, rows) { inner w + 1 s=rows[0], conv channels // 2 1x1 }
"""
    (outer,) = uses(network(HEAD + "outer 3 [2, 1]", blocks=blocks))
    inner, last = outer.body.items
    assert isinstance(inner, Instance)
    w, incoming = Symbol("w"), Symbol(INPUT_CHANNELS)
    assert inner.source == incoming
    assert inner.arguments["c"].formula == Operation("+", w, 1)
    assert str(inner.arguments["s"].formula) == "Element(values=Symbol(name='rows'), place=0)"
    (conv,) = (layer for _, layer in layers(inner.body))
    assert conv.formulas == {
        "channels": Operation("*", Symbol("c"), 2),
        "stride": Symbol("s"),
    }
    twice = Operation("*", Operation("+", w, 1), 2)
    assert inner.channels == last.source == twice
    assert last.channels == Operation("//", twice, 2)
    assert outer.channels == 4, "the network has no parameters: a number"


@pytest.mark.parametrize(
    ("blocks", "body", "expected"),
    [
        ("block h(c) { dense c }", "h n", {"n": 8}),
        ("block h(c) { dense c, relu, dropout 0.5 }", "h n", {"n": 8}),
        ("block h(c) { dense 3, dense c }", "h n", {"n": 8}),
        ("block i(k) { dense k }\nblock h(c) { i c }", "h n", {"n": 8}),
        ("block h(c, k=c) { dense k }", "h n", {"n": 8}),
        ("block h(c) { dense c -> c }", "h n", {"n": 8}),
        ("block h(c) { dense c }", "h n -> n", {"n": 8}),
        ("block h(c) { relu }", "dense n, h 3", {"n": 8}),
        ("block h(p) { dropout p }", "h q, dense n", {"n": 8, "q": 0.5}),
        ("block h(c) { dense c }", "h n + 0", {}),
        ("block h(c) { dense c + 1 }", "h n", {}),
        ("block h(c) { dense c, dense 4 }", "h n", {}),
        ("block h(c) { dense 4 }", "dense n, h 3", {}),
        ("block h(c) { dense channels }", "dense n, h 3", {}),
        ("block h(c) { if c > 3 { relu } }", "h n", {}),
        ("block h(c) { if c > 3 { relu }\ndense c }", "h n", {}),
        ("block h(c) { repeat c { relu } }", "h n", {}),
        ("block h(c) { dense c -> 8 }", "h n", {}),
        ("block h(c) { let d = c\ndense d }", "h n", {}),
        ("block h(c) { dense c }", "h n, dense 4", {}),
        ("block h(c) { residual { dense c } }", "dense 8, h n", {}),
        ("block h(c, d=c * 2) { dense c }", "h n", {}),
    ],
)
def test_a_network_s_parameter_goes_through_blocks(
    blocks: str, body: str, expected: dict[str, float]
) -> None:
    assert free(network("input 8\n" + body, "n=8, q=0.5", blocks)) == expected


def test_a_fixed_parameter_stays_fixed_in_the_next_use_of_the_body() -> None:
    blocks = "block h(c) { if c > 3 { relu }\ndense c }"
    made = network("input 8\nh n\nh n", "n=8", blocks)
    assert free(made) == {}


def test_a_free_one_and_the_same_number_are_two_bodies() -> None:
    """What is the constructor's in one use is a plain number in the other."""
    made = network("input 8\na: { h 8 }\nh n", "n=8", "block h(c) { dense c }")
    assert free(made) == {"n": 8}
    first, second = (layer for _, layer in layers(made.body))
    assert first is not second
