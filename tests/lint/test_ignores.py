"""``# cnn: ignore``: what it silences, and what is said where it silences nothing."""

from __future__ import annotations

import pytest

from cnngen.compiler import analyse
from cnngen.lint import Selection, lint
from cnngen.source import Source
from lint.linting import compiled, found, network, said

RELUS = "relu, relu, conv 4 3x3"


@pytest.mark.parametrize(
    "comment",
    [
        "# cnn: ignore[W107]",
        "# cnn: ignore",
        "# cnn: ignore[W107]: as in the paper",
        "#cnn: ignore[ W107 ]",
        "# as in the paper  # cnn: ignore[W107]",
        "# cnn: ignore[W107] as in the paper",
        "# cnn: ignore : as in the paper",
        "# cnn: ignore  # as in the paper",
    ],
)
def test_a_line_is_silenced(comment: str) -> None:
    assert said(network(RELUS)) == [("W107", "relu")]
    assert said(network(f"{RELUS}  {comment}")) == []


def test_only_that_line_and_only_that_code() -> None:
    text = network(f"relu, relu, tanh  # cnn: ignore[W107]\nconv 4 3x3\n{RELUS}")
    assert said(text) == [("W106", "tanh"), ("W107", "relu")]
    text = network(f"conv 4 3x3\n# cnn: ignore[W107]\n{RELUS}")
    assert [code for code, _ in said(text)] == ["W117", "W107"]


def test_warnings_of_the_compiler_too() -> None:
    text = network("avgpool global, layernorm\ngroupnorm 3")
    assert [code for code, _ in said(text)] == ["W302"]
    assert said(text.replace("groupnorm 3", "groupnorm 3  # cnn: ignore[W302]")) == []


@pytest.mark.parametrize(
    ("comment", "message", "has_fix"),
    [
        ("# cnn: ignore", "there is nothing to ignore on this line", True),
        ("# cnn: ignore[W105]", "there is no W105 on this line", True),
        ("# cnn: ignore[W999]", "there is no warning `W999`", False),
        ("# cnn: ignore[E301]", "there is no warning `E301`", False),
    ],
)
def test_what_ignores_nothing_is_said(comment: str, message: str, has_fix: bool) -> None:
    (diagnostic,) = found(network(f"relu  {comment}"))
    assert (diagnostic.code.id, diagnostic.message) == ("W117", message)
    assert (diagnostic.fix is not None) == has_fix
    assert diagnostic.span is not None
    assert diagnostic.span.text == comment


def test_of_two_codes_one_may_be_needed() -> None:
    (diagnostic,) = found(network(f"{RELUS}  # cnn: ignore[W107, W105]"))
    assert diagnostic.message == "there is no W105 on this line"
    assert diagnostic.fix is None, "the other one stays"


def test_no_comment_is_in_vain_for_a_code_that_is_not_looked_for() -> None:
    result = compiled(network(f"{RELUS}  # cnn: ignore[W107]"))
    assert lint(result, Selection(ignore=("W107",))) == []
    assert lint(result, Selection(select=("W105", "W117"))) == []
    in_vain = compiled(network("relu  # cnn: ignore[W107]"))
    assert [d.code.id for d in lint(in_vain)] == ["W117"]
    assert lint(in_vain, Selection(ignore=("W117",))) == []


def test_selection() -> None:
    result = compiled(network("relu, relu, tanh, flatten, dense 3, softmax"))

    def codes(**chosen: tuple[str, ...]) -> list[str]:
        return sorted(d.code.id for d in lint(result, Selection(**chosen)))

    assert codes() == ["W103", "W106", "W107"]
    assert codes(select=("W10",), ignore=("W106",)) == ["W103", "W107"]
    assert codes(select=("W103",)) == ["W103"]
    assert codes(ignore=("W",)) == []


def test_notes_of_passes_too() -> None:
    text = network("conv 64 1x1, relu\nresidual { conv 128 1x1 }")
    assert [code for code, _ in said(text)] == ["N301"]
    assert said(text.replace("1x1 }", "1x1 }  # cnn: ignore[N301]")) == []
    assert lint(compiled(text), Selection(ignore=("N301",))) == []
    assert [d.code.id for d in lint(compiled(text), Selection(select=("N3",)))] == ["N301"]


@pytest.mark.parametrize(
    "text",
    [
        "block b { relu, relu  # cnn: ignore[W107]\n}\n",
        "block b {  # cnn: ignore[W111]\n  relu }\n",
        "block b {\n  residual {  # cnn: ignore[W115]\n  conv 3 1 }\n}\n",
        "block b {  # cnn: ignore[W111]\n  relu, relu  # cnn: ignore[W107]\n}\n" + network("relu"),
        network("relu\nif deep { relu, relu  # cnn: ignore\n }", "network Net(deep=false)"),
        network("relu\nrepeat n { relu, relu }  # cnn: ignore", "network Net(n=0)"),
    ],
)
def test_nothing_is_in_vain_where_no_network_has_come(text: str) -> None:
    assert lint(analyse(Source("net.cnn", text)).accepting_blocks()) == []


def test_nothing_is_in_vain_where_some_networks_are_looked_at() -> None:
    result = compiled(network("relu  # cnn: ignore[W107]"))
    assert lint(result, whole=False) == []
    wrong = compiled(network("relu  # cnn: ignore[W999]"))
    assert [d.code.id for d in lint(wrong, whole=False)] == ["W117"], "which is never right"


def test_joins_and_outputs_come_to_all_lines() -> None:
    text = network("a: relu\nrelu6, add a, b: tanh  # cnn: ignore[W107]\noutput b")
    assert [code for code, _ in said(text)] == ["W117"]


def test_a_string_is_no_comment() -> None:
    text = network(RELUS).replace("network", 'use "# cnn: ignore.cnn"\nnetwork')
    assert "W107" in text or text.count("cnn: ignore") == 1
    from cnngen.lint.ignores import ignores

    assert ignores(Source("a.cnn", text)) == ([], [])


@pytest.mark.parametrize(
    ("comment", "place"),
    [
        ("# cnn: ignore [W107]", "# cnn: ignore [W107]"),
        ("# cnn: ignored by the reviewer", "# cnn: ignored"),
        ("# cnn: ignore the reviewer", "# cnn: ignore"),
        ("# cnn: ignore[W107", "# cnn: ignore[W107"),
        ("# cnn: ignore[]", "# cnn: ignore[]"),
        ("# cnn: ignore[ , ]", "# cnn: ignore[ , ]"),
        ("# cnn: ignore-W107", "# cnn: ignore"),
        ("# cnn:ignore[W107]", "# cnn:ignore[W107]"),
        ("# CNN: Ignore[W107]", "# CNN: Ignore[W107]"),
    ],
)
def test_what_is_only_almost_one_silences_nothing_and_is_said(comment: str, place: str) -> None:
    text = network(f"{RELUS}  {comment}")
    assert said(text) == [("W107", "relu"), ("W117", place)]
    (diagnostic,) = found(text, select=("W117",))
    assert diagnostic.message == f"`{place}` is a comment like any other"
    assert diagnostic.fix is None
    assert lint(compiled(text), Selection(ignore=("W117", "W107"))) == []


@pytest.mark.parametrize("comment", ["# CNNs ignore the border", "# ignore[W107]", "# a cnn: it"])
def test_other_comments(comment: str) -> None:
    assert [code for code, _ in said(network(f"{RELUS}  {comment}"))] == ["W107"]
