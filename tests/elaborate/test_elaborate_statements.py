"""Loops, conditions and names: none of them is left in the network."""

from __future__ import annotations

import pytest
from elaborating import body_codes, network, ops, paths

from cnngen.ops import Conv
from cnngen.passes.bias import resolve_bias

HEAD = "input 32x32x3\n"


def assert_same(body: str, unrolled: str, parameters: str = "") -> None:
    """Two bodies give one network: the same ops, and the same names where they are numbered."""
    made = network(f"{HEAD}g: {{\n{body}\n}}", parameters)
    expected = network(f"{HEAD}g: {{\n{unrolled}\n}}")
    assert ops(resolve_bias(made)) == ops(resolve_bias(expected))
    assert paths(made) == paths(expected)


@pytest.mark.parametrize(
    ("body", "unrolled"),
    [
        ("repeat 3 { relu }", "relu, relu, relu"),
        ("repeat 0 { relu }\ntanh", "tanh"),
        ("repeat 2 { conv 8 3x3, bn }", "conv 8 3x3, bn, conv 8 3x3, bn"),
        ("repeat 2 { repeat 2 { relu }, tanh }", "relu, relu, tanh, relu, relu, tanh"),
        ("repeat 1 + 1 { conv channels * 2 1x1 }", "conv 6 1x1, conv 12 1x1"),
        ("tanh, repeat 2 { relu }, tanh", "tanh, relu, relu, tanh"),
    ],
)
def test_repeat(body: str, unrolled: str) -> None:
    assert_same(body, unrolled)


@pytest.mark.parametrize(
    ("body", "unrolled"),
    [
        ("for w in [4, 8] { conv w 1x1 }", "conv 4 1x1, conv 8 1x1"),
        ("for i in range(3) { conv i + 1 1x1 }", "conv 1 1x1, conv 2 1x1, conv 3 1x1"),
        ("for w, k in [[4, 1], [8, 3]] { conv w k }", "conv 4 1, conv 8 3"),
        ("for w, k in [[4, 1x3], [8, 3x1]] { conv w k }", "conv 4 1x3, conv 8 3x1"),
        ("for a, b, c in [1x2x3] { conv a b x c }", "conv 1 2x3"),
        ("for pair in [[4, 1]] { conv pair[0] pair[1] }", "conv 4 1"),
        ("for p in [0.25, 0.5] { dropout p }", "dropout 0.25, dropout 0.5"),
        ("for w in [] { conv w 1x1 }\nrelu", "relu"),
        ("for w in [4] + [8] { conv w 1x1 }", "conv 4 1x1, conv 8 1x1"),
        (
            "for a in [1, 2] { for b in [4, 8] { conv a * b 1x1 } }",
            "conv 4 1x1, conv 8 1x1, conv 8 1x1, conv 16 1x1",
        ),
        ("for a in [1] { relu }\nfor a in [2] { tanh }", "relu, tanh"),
        ("for flag in [true, false] { bn affine=flag }", "bn affine=true, bn affine=false"),
    ],
)
def test_for(body: str, unrolled: str) -> None:
    assert_same(body, unrolled)


@pytest.mark.parametrize(
    ("n", "unrolled"), [(0, "relu"), (1, "tanh"), (2, "gelu"), (3, "identity"), (9, "identity")]
)
def test_if(n: int, unrolled: str) -> None:
    body = "if n == 0 { relu } else if n == 1 { tanh } else if n < 3 { gelu } else { identity }"
    assert_same(body, unrolled, f"n={n}")


@pytest.mark.parametrize(
    ("body", "unrolled"),
    [
        ("if false { relu }\ntanh", "tanh"),
        ("conv 8 3x3, if channels == 8 { bn }, relu", "conv 8 3x3, bn, relu"),
        ("conv 8 3x3, if channels == 9 { bn }, relu", "conv 8 3x3, relu"),
        ("repeat 2 { maxpool 2x2, if height > 8 { relu } }", "maxpool 2, relu, maxpool 2"),
        ("if false { flatten, conv 3 3x3 }\nrelu", "relu"),
        ("for i in range(3) { if i % 2 == 0 { relu } else { tanh } }", "relu, tanh, relu"),
    ],
)
def test_if_among_layers(body: str, unrolled: str) -> None:
    assert_same(body, unrolled)


@pytest.mark.parametrize(
    ("body", "unrolled"),
    [
        ("let w = 8\nconv w 3x3", "conv 8 3x3"),
        ("let w = 4\nlet v = w * 2\nconv v 3x3", "conv 8 3x3"),
        ("let k = 3x5\nconv 8 k", "conv 8 3x5"),
        ("let widths = [4, 8]\nfor w in widths { conv w 1x1 }", "conv 4 1x1, conv 8 1x1"),
        ("let w = channels * 2\nconv w 1x1, conv w 1x1", "conv 6 1x1, conv 6 1x1"),
        ("repeat 2 {\nlet w = channels + 1\nconv w 1x1\n}", "conv 4 1x1, conv 5 1x1"),
        ("let flag = 1 < 2\nif flag { relu } else { tanh }", "relu"),
    ],
)
def test_let(body: str, unrolled: str) -> None:
    assert_same(body, unrolled)


def test_let_stands_before_the_input_too() -> None:
    assert ops(network("let s = 8\ninput s x s x 3\nconv s 1x1"))[0] == Conv(8, (1, 1))


@pytest.mark.parametrize(
    ("body", "unrolled"),
    [
        ("conv channels * 2 height x width", "conv 6 32x32"),
        ("maxpool 2x4, conv 8 height x width", "maxpool 2x4, conv 8 16x8"),
        ("flatten, dense channels / 3", "flatten, dense 1024"),
        ("let channels = 7\nconv channels 1x1", "conv 7 1x1"),
        ("let height = 5\nconv 4 height x width", "conv 4 5x32"),
        ("for width in [4, 8] { conv width 1x1 }", "conv 4 1x1, conv 8 1x1"),
        ("for width in [4] { conv width 1x1 }\nconv width 1x1", "conv 4 1x1, conv 32 1x1"),
    ],
)
def test_the_incoming_shape_unless_a_name_hides_it(body: str, unrolled: str) -> None:
    assert_same(body, unrolled)


def test_a_parameter_hides_the_incoming_shape() -> None:
    assert_same("conv channels 1x1", "conv 5 1x1", "channels=5")


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("repeat 1.5 { relu }", "E217"),
        ("repeat -1 { relu }", "E217"),
        ("repeat true { relu }", "E217"),
        ("for a in 3 { relu }", "E217"),
        ("for a, b in [1] { relu }", "E217"),
        ("for a, b in [[1, 2, 3]] { relu }", "E217"),
        ("for a, a in [[1, 2]] { relu }", "E212"),
        ("if 1 { relu }", "E213"),
        ("if true { relu } else if 1 { tanh }", "E213"),
        ("if false { relu } else if 1 { tanh }", "E213"),
        ("let a = 1\nlet a = 2\nrelu", "E212"),
        ("let a = 1\nfor a in [1] { relu }", "E212"),
        ("let a = 1\nrepeat 1 {\nlet a = 2\nrelu\n}", "E212"),
        ("let list = 1\nrelu", "E211"),
        ("let len = 1\nrelu", "E211"),
        ("let _a = 1\nrelu", "E211"),
        ("repeat 1 {\nlet a = 3\n}\nconv a 1x1", "E203"),
        ("conv unknown 1x1", "E203"),
        ("let channels = 1 / 0\nconv channels 1x1 -> 32x32x5\nconv 8 1x1 groups=5", "E214 E305"),
        ("let w = 1 / 0\nconv w 1x1, relu", "E214"),
        ("flatten, dense height", "E303"),
        ("g: { repeat 0 { relu } }", "E308"),
        ("repeat 0 { relu }", "E308"),
        ("relu\ninput 3x3x3", "E307"),
    ],
)
def test_mistakes_in_statements(body: str, codes: str) -> None:
    assert body_codes(HEAD + body) == codes.split()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("relu", "E308"),
        ("relu\ninput 3", "E306"),
        ("let c = channels\ninput 3\nrelu", "E306"),
        ("let a = 1", "E308"),
        ("input 3x3x0", "E309"),
        ("input 3x3x0\nrelu", "E309"),
    ],
)
def test_a_network_starts_with_its_input(body: str, code: str) -> None:
    assert code in body_codes(body)


@pytest.mark.parametrize(
    "body",
    [
        "g: {\ninput 8x8x3\nconv 4 3x3\n}\nrelu",
        "{\ninput 8x8x3\nconv 4 3x3\n}\nrelu",
        "g: {\ninput 8x8x3\nh: { conv 4 3x3 }\n}\nrelu",
    ],
)
def test_no_layer_is_lost_where_the_input_is_in_a_group(body: str) -> None:
    assert body_codes(body) or len(ops(network(body))) == 2
