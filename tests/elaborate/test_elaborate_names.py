"""What layers and groups are called."""

from __future__ import annotations

import pytest
from elaborating import body_codes, codes_of, network, paths

from cnngen.ir import Chain

HEAD = "input 32x32x4\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("conv 8 3x3, bn, relu", "conv1 bn1 relu1"),
        ("conv 8 3x3, relu, conv 8 3x3, relu", "conv1 relu1 conv2 relu2"),
        (
            "conv 8 3x3, depthwise_conv 3x3, conv_transpose 8 2x2\nmaxpool 2x2, avgpool 2x2",
            "conv1 conv2 conv3 pool1 pool2",
        ),
        ("flatten, dense 8, dense 8", "flatten1 fc1 fc2"),
        ("stem: conv 8 3x3, conv 8 3x3", "stem conv1"),
        ("conv1: conv 8 3x3, conv 8 3x3", "conv1 conv2"),
        ("conv 8 3x3, conv1: conv 8 3x3", "conv2 conv1"),
        ("conv 8 3x3, conv2: conv 8 3x3, conv 8 3x3", "conv1 conv2 conv3"),
        ("conv 8 3x3, conv 8 3x3, conv1: relu, conv2: relu", "conv3 conv4 conv1 conv2"),
        ("repeat 2 { conv 8 3x3, relu }", "conv1.0 relu1.0 conv1.1 relu1.1"),
        ("for w in [4, 8] { conv w 3x3 }, if true { conv 8 3x3 }", "conv1.0 conv1.1 conv2"),
        ('for i in range(2) { "a{i}-{i + 1}x": relu }', "a0-1x a1-2x"),
        ('for i in range(1, 3) { "{i}_{ i-1 }": relu }', "1_0 2_1"),
        ('for i in range(2) { "conv{i}": conv 4 1x1 }, conv 4 1x1', "conv0 conv1 conv_1"),
    ],
)
def test_unlabelled_layers_are_counted_by_kind(body: str, expected: str) -> None:
    assert paths(network(HEAD + body)) == expected.split()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("features: { conv 8 3x3, relu }", "features.0 features.1"),
        ("{ conv 8 3x3, relu }", "group1.0 group1.1"),
        ("{ relu }\n{ relu }", "group1.0 group2.0"),
        ("group1: relu, { relu }", "group1 group2.0"),
        ("f: { first: conv 8 3x3, relu, relu }", "f.first f.relu1 f.relu2"),
        ("f: { relu, conv1: conv 8 3x3, conv 8 3x3 }", "f.relu1 f.conv1 f.conv2"),
        ("a: { b: { c: relu } }", "a.b.c"),
        ("a: { { relu, tanh }, gelu }", "a.0.0 a.0.1 a.1"),
        ("a: { b: { relu }, { relu } }", "a.b.0 a.group1.0"),
        ("a: { b: { relu }, relu }", "a.b.0 a.relu1"),
        ("repeat 2 { { relu } }", "group1.0.0 group1.1.0"),
        ("a: { repeat 2 { { r: relu } } }", "a.0.r a.1.r"),
        ("a: { relu }\nb: { relu }", "a.0 b.0"),
        ("relu\na: { relu: relu }\nrelu", "relu1 a.relu relu2"),
        ("a: { repeat 2 { relu }, if true { tanh } }", "a.0 a.1 a.2"),
    ],
)
def test_groups(body: str, expected: str) -> None:
    assert paths(network(HEAD + body)) == expected.split()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if true { relu } else { relu }\nrelu", "relu1 relu3"),
        ("if false { relu } else { relu }\nrelu", "relu2 relu3"),
        ("if false { relu }\nrelu", "relu2"),
        ("if false { relu } else if false { relu } else { relu }\nrelu", "relu3 relu4"),
        ("repeat 0 { relu }\nrelu", "relu2"),
        ("repeat 1 { relu }\nrelu", "relu1.0 relu2"),
        ("repeat 2 { repeat 2 { relu } }", "relu1.0 relu1.1 relu1.2 relu1.3"),
        (
            "repeat 3 { if channels == 5 { conv 5 1x1 } else { conv 5 1x1 } }",
            "conv2.0 conv1.0 conv1.1",
        ),
        ("for i in [3, 2] { conv i 1x1, relu }", "conv1.0 relu1.0 conv1.1 relu1.1"),
        ("repeat 2 { relu, conv1: { relu } }", None),
        ("if true { relu1: relu } else { relu }\nrelu", "relu1 relu3"),
        ("if false { relu1: relu } else { relu }\nrelu", "relu2 relu3"),
        ("g: { relu, if false { a: relu } }", "g.relu1"),
        ("g: { relu, if false { residual { relu } } }", "g.relu1"),
        ("g: { relu, repeat 0 { a: relu } }", "g.relu1"),
        ("g: { relu, if false { tanh } }", "g.0"),
        ("g: { if false { tanh }, relu }", "g.0"),
        ("g: { a: relu, repeat 2 { tanh } }", "g.a g.tanh1.0 g.tanh1.1"),
        ("g: { a: relu, repeat 2 { { tanh } } }", "g.a g.group1.0.0 g.group1.1.0"),
    ],
)
def test_a_name_belongs_to_a_place_in_the_source(body: str, expected: str | None) -> None:
    """It does not move with a condition or with how often a loop runs."""
    if expected is None:
        assert body_codes(HEAD + body) == ["E212"]
    else:
        assert paths(network(HEAD + body)) == expected.split()


@pytest.mark.parametrize(
    ("body", "numbered"), [("a: { relu, relu }", True), ("a: { b: relu, relu }", False)]
)
def test_a_chain_knows_whether_its_names_are_places(body: str, numbered: bool) -> None:
    made = network(HEAD + body)
    (group,) = made.body.items
    assert isinstance(group, Chain)
    assert group.numbered is numbered
    assert made.body.numbered is False
    assert (group.at.input, group.at.output) == (made.body.at.input, made.body.at.output)


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("a: relu, a: relu", ["E212"]),
        ("a: relu\na: { relu }", ["E212"]),
        ("repeat 2 { a: relu }", ["E212"]),
        ("repeat 2 { { a: relu } }", []),
        ("a: { a: relu }", []),
        ("a: relu\nb: { a: relu }", []),
        ("_a: relu", ["E211"]),
        ("class: relu", ["E211"]),
        ("_g: { relu }", ["E211"]),
        (f"{'a' * 48}: relu", []),
        (f"{'a' * 49}: relu", ["E211"]),
        ("max: relu", []),
    ],
)
def test_labels(body: str, codes: list[str]) -> None:
    assert body_codes(HEAD + body) == codes


@pytest.mark.parametrize(
    "body",
    [
        "if f { a: relu, a: relu6 }",
        "if f { { a: relu, a: relu6 }, relu }",
        "if f { relu } else if g { a: relu, { b: relu }, a: { relu } }",
        "a: relu, if f { a: relu6 }",
        "if f { a: relu, if g { a: relu6 } }",
        "if f { a: relu }\nif f { a: relu6 }",
        "if f { a: relu }\nif g { a: relu6 }",
        "if f { residual { a: relu }, a: relu }",
        "if f { residual { relu } shortcut { a: relu, a: relu6 } }",
        "for i in range(0) { a: relu, a: relu6 }",
        "if f { used }",
        "if n > 0 { relu }\nif n > 3 { a: relu }\nif n > 4 { a: relu6 }",
        "if f { a: relu }\nif f and g { a: relu6 }",
        "if f { a: relu } else { relu }\nif g { relu } else { a: relu6 }",
        "let h = f and n == 7\nif h { a: relu }\nif g { a: relu6 }",
        "let big = n > 100\nif big { a: relu }\nif n > 50 { a: relu6 }",
    ],
)
def test_a_label_is_used_twice_where_no_value_comes(body: str) -> None:
    """Who makes the generated network may take another way."""
    used = "block used { a: relu, a: relu6 }"
    text = f"{used}\nnetwork Net(f=false, g=false, n=3) {{\ninput 8x8x4\n{body}\nconv 3 1x1\n}}"
    assert set(codes_of(text)) == {"E212"}


@pytest.mark.parametrize(
    "body",
    [
        "if f { a: relu } else { a: relu6 }",
        "if f { a: relu } else if g { a: relu6 } else { a: selu }",
        "if f { a: relu }\nif not f { a: relu6 }",
        "if n == 1 { a: relu }\nrelu\nif n == 2 { a: relu6 }",
        "let h = not f\nif f { a: relu }\nif h { a: relu6 }",
        "let m = n + 1\nif n == 1 { a: relu }\nif m == 1 { a: relu6 }",
        "if false { a: relu }\nif true { a: relu6 }",
        "if f == n { a: relu }\nif n > 10 and n < 9 { a: relu6 }",
        "if f { a: relu }\nif g and not f { a: relu6 }",
        "a: { a: relu }, b: { a: relu }",
        "if f { a: relu }\nb: residual { a: relu }",
    ],
)
def test_a_label_is_used_once_on_each_way(body: str) -> None:
    text = f"network Net(f=false, g=false, n=3) {{\ninput 8x8x4\n{body}\nconv 3 1x1\n}}"
    assert not [code for code in codes_of(text) if code.startswith("E")]
