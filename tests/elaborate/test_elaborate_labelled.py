"""Labelled values: `concat a`, `add a` and `from a`."""

from __future__ import annotations

import pytest
from elaborating import body_codes, network

from cnngen.diagnostics import codes
from cnngen.ir import Item, Join, Resume, labels_read, named_items

HEAD = "input 8x8x3\n"


def last(body: str, blocks: str = "") -> Item:
    """The last item of the network's own body."""
    return network(HEAD + body, blocks=blocks).body.items[-1]


@pytest.mark.parametrize(
    ("body", "kind", "labels", "shape"),
    [
        ("a: relu\nconv 5 1x1, concat a", "concat", "a", "8x8x8"),
        ("a: relu\nb: tanh\nconv 5 1x1, concat a b", "concat", "a b", "8x8x11"),
        ("a: relu\nb: tanh\nconcat b a", "concat", "b a", "8x8x9"),
        ("a: relu\nconcat a a", "concat", "a a", "8x8x9"),
        ("a: relu\ntanh, add a", "add", "a", "8x8x3"),
        ("a: relu\nb: tanh\ngelu, add a b", "add", "a b", "8x8x3"),
        ("a: { relu, conv 5 1x1 }\nconv 4 1x1, concat a", "concat", "a", "8x8x9"),
        ("a: twice 5\nconv 4 1x1, concat a", "concat", "a", "8x8x9"),
        ("a: residual { conv 5 1x1 }\nconcat a", "concat", "a", "8x8x10"),
        ("residual { a: conv 5 1x1, conv 4 1x1 }\nconcat a", "concat", "a", "8x8x9"),
        ("concat {\na: conv 5 1x1\nrelu\n}\nconcat a", "concat", "a", "8x8x13"),
        ("gate { a: relu, sigmoid }\nadd a", "add", "a", "8x8x3"),
        ("for i in range(3) { e[i]: conv i + 1 1x1 }\nconcat e0 e1", "concat", "e0 e1", "8x8x6"),
        ("if true { a: conv 4 1x1 }\ntanh, add a", "add", "a", "8x8x4"),
        ("a: relu\nrepeat 2 { tanh, add a }", "add", "a", "8x8x3"),
        ("flatten\na: dense 5\ndense 7, concat a", "concat", "a", "12"),
        ("flatten\na: dense 5\nrelu, add a", "add", "a", "5"),
        ("a: relu\nb: concat a\nadd b", "add", "b", "8x8x6"),
        ("a: relu\nconv 5 2x2, resize like=a", "resize", "a", "8x8x5"),
        ("a: conv 4 3x3\nresize like=a", "resize", "a", "6x6x4"),
        ("e[2]: relu\nconv 5 2x2, resize mode=cubic like=e[2]", "resize", "e2", "8x8x5"),
        ("a: { b: relu }\nconv 5 2x2, resize like=a.b", "resize", "a.b", "8x8x5"),
    ],
)
def test_joins(body: str, kind: str, labels: str, shape: str) -> None:
    join = last(body, "block twice(c) { conv c 1x1, relu }")
    assert isinstance(join, Join)
    assert (join.kind, " ".join(join.labels), str(join.at.output)) == (kind, labels, shape)


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("a: relu\nb: conv 5 1x1, from a, tanh, concat b", "8x8x3"),
        ("a: conv 5 3x3\nb: tanh, from a, add b", "6x6x5"),
        ("concat {\na: conv 4 1x1\nrelu\n}\nb: relu, from a, concat b", "8x8x4"),
        ("e[3]: conv 4 1x1\nb: relu, from e3, add b", "8x8x4"),
        ("a: relu\nb: { conv 5 3x3, flatten }\nfrom a, conv 5 3x3, flatten, add b", "8x8x3"),
    ],
)
def test_going_on_from_a_value(body: str, shape: str) -> None:
    (resume,) = (item for item in network(HEAD + body).body.items if isinstance(item, Resume))
    assert str(resume.at.output) == shape


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("a: relu\ntanh, from a", "E226"),
        ("a: relu\nb: tanh, from a", "E226"),
        ("a: relu\nb: tanh, from a\ntanh", "E226"),
        ("a: relu\nb: tanh, from a, add b", ""),
        ("a: relu\nb: tanh, from a, resize like=b", "E226"),
        ("a: relu\ng: { b: tanh, from b, resize like=b }", ""),
        ("a: relu\nb: tanh, from a, resize like=b, add b", ""),
        ("a: relu\nb: tanh, from a, c: tanh, from a, add b", "E226"),
        ("a: relu\nb: tanh, from a, c: tanh, from a, add b c", ""),
        ("a: relu\ng: { tanh }\nfrom a, add g", ""),
        ("a: relu\n{ tanh }\nfrom a", "E226"),
        ("a: relu\nresidual { tanh }\nfrom a", "E226"),
        ("a: relu\nresidual { from a, tanh }", ""),
        ("a: relu\nconcat {\nfrom a, tanh\ntanh\n}", ""),
        ("a: relu\nconcat {\ntanh, from a\ntanh\n}", "E226"),
        ("g: { a: relu\nb: tanh, from a }", "E226"),
        ("a: relu\nb: tanh, from a\ng: { b: relu, add b }", "E226"),
    ],
)
def test_no_value_is_left_unused(body: str, codes: str) -> None:
    assert body_codes(HEAD + body) == codes.split()


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("relu, add a", "E222"),
        ("add a\na: relu", "E222"),
        ("a: relu, add a, b: add b", "E222"),
        ("g: { a: relu }\nadd a", "E222"),
        ("{ a: relu }\nadd a", "E222"),
        ("g: residual { a: relu }\nadd a", "E222"),
        ("a: relu\ng: { add a }", "E222"),
        ("a: relu\nr: residual { add a }", "E222"),
        ("residual { relu } shortcut { a: relu }\nadd a", "E222"),
        ("a: relu\nresidual { relu } shortcut { add a }", "E222"),
        ("aux h weight=1 { a: flatten, dense 192 }\nflatten, add a", "E222"),
        ("a: relu\naux h weight=1 { add a }", "E222"),
        ("if false { a: relu }\nrelu, add a", "E222"),
        ("for i in range(2) { e[i]: relu }\nadd e2", "E222"),
        ("a: relu\nmaxpool 2x2, concat a", "E315"),
        ("a: relu\nmaxpool 2x2, add a", "E315"),
        ("a: relu\nconv 4 1x1, add a", "E315"),
        ("a: relu\nconv 4 1x1, concat a", ""),
        ("a: relu\nflatten, concat a", "E315"),
        ("a: relu\nflatten, add a", "E315"),
        ("a: relu\nadd", "E205"),
        ("a: relu\nconcat", "E205"),
        ("a: relu\nfrom", "E205"),
        ("a: relu\nb: tanh\nfrom a b", "E206"),
        ("a: relu\nadd 3", "E208"),
        ("a: relu\nadd b=a", "E208"),
        ("a: relu\nadd a { relu }", "E224"),
        ("a: relu\nresidual { relu, add a }", ""),
        ("a: relu\nconcat {\nadd a\nfrom a\n}", ""),
        ("{ a: relu, tanh, add a }", ""),
        ("repeat 2 { { a: relu, tanh, add a } }", ""),
    ],
)
def test_what_can_be_read_where(body: str, codes: str) -> None:
    assert body_codes(HEAD + body) == codes.split()


def test_what_is_read_is_known() -> None:
    body = "a: relu\nb: tanh\nc: gelu\nresidual { add a }\nconcat {\nfrom b\nrelu\n}"
    made = network(f"{HEAD}{body}\ng: {{ d: relu, add d }}")
    assert labels_read(made.body) == {"a", "b"}
    (group,) = (item for item in named_items(made.body) if item.name == "g")
    assert labels_read(group) == {"d"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "body", "blocks"),
    [
        (
            "a: { conv 3 1x1, relu }\nmaxpool 2x2\nreuse a",
            "a: part\nmaxpool 2x2\nreuse a",
            "block part { conv 3 1x1, relu }",
        ),
        (
            "for i in range(2) {\na[i]: conv 3 1x1\nrelu\nreuse a[i]\n}",
            "for i in range(2) { part }",
            "block part {\na: conv 3 1x1\nrelu\nreuse a\n}",
        ),
        (
            "a: relu max=height\navgpool global\nreuse a",
            "a: relu max=8\navgpool global\nreuse a",
            "",
        ),
    ],
)
def test_what_is_not_applied_again_can_be_written_as_the_hint_says(
    wrong: str, body: str, blocks: str
) -> None:
    assert body_codes(HEAD + wrong) == ["E320"]
    assert body_codes(HEAD + body, blocks=blocks) == []


def test_channels_are_not_padded_again_for_others() -> None:
    """The layer adds as many as it did."""
    assert body_codes(f"{HEAD}a: pad_channels 5, conv 3 1x1, reuse a, relu") == []
    assert body_codes(f"{HEAD}a: pad_channels 5, reuse a, relu") == [codes.REUSE_MISMATCH.id]
