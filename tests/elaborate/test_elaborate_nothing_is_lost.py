"""No layer of a source is left out in silence, and no two get one name."""

from __future__ import annotations

import pytest
from elaborating import network
from work import counted

from cnngen.choice import MOST_STEPS
from cnngen.compiler import analyse
from cnngen.ir import layers
from cnngen.source import Source


def codes_of(text: str) -> list[str]:
    return [d.code.id for d in analyse(Source("test.cnn", text)).diagnostics]


@pytest.mark.parametrize(
    "lines",
    [
        "let n = n + 1\nconv n 3x3\nrelu -> 6x6x4\ntanh",
        "let n = n\nrepeat n { conv 4 3x3 pad=1 }\nrelu -> 8x8x3\ntanh",
        "let n = n",
    ],
)
def test_a_name_has_no_value_while_it_gets_one(lines: str) -> None:
    text = f"network Net {{\ninput 8x8x3\n{lines}\nrelu\n}}\n"
    assert codes_of(text) == ["E203"]


def test_names_of_two_kinds_do_not_meet() -> None:
    made = network("input 4\n" + "relu\n" * 61 + "relu6\nrelu6")
    names = [path for path, _ in layers(made.body)]
    assert len(set(names)) == len(names) == 63
    assert names[-3:] == ["relu61", "relu6_1", "relu6_2"]


def test_a_label_like_a_counted_name_is_passed_over() -> None:
    made = network("input 4\nrelu6_1: relu6\nrelu6\nrelu1: relu\nrelu")
    assert [path for path, _ in layers(made.body)] == ["relu6_1", "relu6_2", "relu1", "relu2"]


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (
            "let s = [" + "1, " * 998 + "1]\nlet e = []",
            "let z = len(s" + " + e" * 27 + ")",
        ),
        ("let s = [" + "1, " * 998 + "1]\nlet q = s + []", "if s == q { let z = 1 }"),
        ("let s = [" + "1, " * 998 + "1]", "let z = max(s)"),
    ],
)
def test_work_on_lists_counts(before: str, line: str) -> None:
    turns = f"repeat 20000 {{ repeat 20000 {{\n{line}\n}} }}"
    with counted() as work:
        assert "E218" in codes_of(f"network Net {{\ninput 8x8x3\n{before}\n{turns}\nrelu\n}}\n")
    assert work.calls < 50 * MOST_STEPS


def test_a_size_has_no_thousand_parts() -> None:
    size = "x".join("1" * 1000)
    assert codes_of(f"network Net {{\ninput 8x8x3\nlet s = {size}\nrelu\n}}\n") == ["E107"]


@pytest.mark.parametrize(
    "word", ["height", "width", "channels", "8 x 8 x channels", "channels + 1"]
)
@pytest.mark.parametrize("rest", ["", "relu", "relu -> 8x8x3\nrelu", "conv channels 1x1"])
def test_an_input_that_is_made_of_its_own_shape(word: str, rest: str) -> None:
    text = f"network Net {{\ninput {word}\n{rest}\n}}\n"
    assert codes_of(text) == ["E306"]


PLACES = (
    "let n = {}\ninput 8x8x3",
    "let n = {}\ninput n",
    "let n = {}\ninput n\nrelu -> 8x8x3",
    "repeat {} {{ relu }}\ninput 8x8x3",
    "for n in [{}] {{ relu }}\ninput 8x8x3",
    "if {} == 8 {{ input 8x8x3 }}",
    "repeat 2 {{ input {} }}\nrelu -> 8x8x3",
    "g: {{ input {} }}\nrelu -> 8x8x3",
    "relu -> {}\nrelu",
    "x[{}]: relu\nrelu -> 8x8x3",
    "conv {} 3x3\nrelu -> 8x8x3\nrelu",
    "b {}\nrelu -> 8x8x3\nrelu",
    "c\nrelu -> 8x8x3\nrelu",
    "residual {{ conv {} 1x1 }}\nrelu -> 8x8x3\nrelu",
    "concat {{ conv {} 1x1\nrelu\n}}\nrelu -> 8x8x3\nrelu",
    "aux h weight={} {{ relu }}\nrelu -> 8x8x3\nrelu",
    "gate {{ conv {} 1x1 }}\nrelu -> 8x8x3\nrelu",
    "concat a[{}]\nrelu -> 8x8x3\nrelu",
    "input 8x8x3\ninput {}\nrelu",
    "input 0\nconv {} 3x3\nrelu -> 8x8x3\nrelu",
)
BLOCKS = "block b(n) { conv n 1x1 }\nblock c(n=channels) { conv n 1x1 }\n"


@pytest.mark.parametrize("word", ["height", "width", "channels"])
@pytest.mark.parametrize("place", PLACES)
def test_a_word_of_the_shape_where_there_is_none(place: str, word: str) -> None:
    body = place.format(word)
    assert codes_of(f"{BLOCKS}network Net {{\n{body}\n}}\n")
    assert codes_of(f"{BLOCKS}network Net(n={word}) {{\ninput 8x8x3\nrelu\n}}\n")
