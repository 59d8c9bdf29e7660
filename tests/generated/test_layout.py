"""Texts, numbers, docstrings and lists as Python source (cnngen/backends/code.py)."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cnngen.backends import backend
from cnngen.backends.code import (
    COLUMNS,
    Call,
    call,
    docstring,
    exports,
    flat,
    lay_out,
    number,
    readable,
    string,
)
from cnngen.backends.code import code as as_code
from cnngen.compiler import compile_source
from cnngen.source import Source
from generated import ruff

anything = st.text(
    st.one_of(st.characters(), st.sampled_from("\"'\\\n\r\t#{}\u2028\u2029\x85\x0c\0"))
)


@given(anything)
def test_a_text_means_itself(text: str) -> None:
    literal = string(text)
    assert ast.literal_eval(literal) == text
    assert literal.isprintable()
    assert len(literal.splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["\U000e0041", "\ud800", "\x85", "\u202e", '"', "\\", "\\N{DIGIT ONE}"]
)
def test_a_text_of_few_characters_means_itself(text: str) -> None:
    assert ast.literal_eval(string(text)) == text


@given(st.floats())
def test_a_number_means_itself(value: float) -> None:
    found = eval(number(value), {"float": float})
    assert found == value or (math.isnan(found) and math.isnan(value))
    assert math.copysign(1, found) == math.copysign(1, value) or math.isnan(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-5, "1e-5"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (1.5e-7, "1.5e-7"),
        (1e22, "1e22"),
        (-2.5, "-2.5"),
    ],
)
def test_a_number_is_as_short_as_can_be(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((3,), "(3,)"),
        ((3, 4), "(3, 4)"),
        (((1, 2), (3, 4)), "((1, 2), (3, 4))"),
        (True, "True"),
        (7, "7"),
        ("a", '"a"'),
    ],
)
def test_a_value_is_written_as_python_has_it(value: object, text: str) -> None:
    assert flat(as_code(value)) == text


def test_what_cannot_be_broken_stays_on_one_line() -> None:
    wide = " " * 85
    assert lay_out(wide, "", Call("nn.ReLU"), ",") == [f"{wide}nn.ReLU(),"]
    assert lay_out(wide, "", Call("nn.ReLU"), ",", "note") == [f"{wide}# note", f"{wide}nn.ReLU(),"]


def test_a_call_that_does_not_fit_takes_a_line_for_each_argument() -> None:
    made = call("nn.Conv2d", 3, 64, (3, 5), padding=(1, 2))
    assert lay_out(" " * 60, "x = ", made) == [
        " " * 60 + "x = nn.Conv2d(",
        " " * 64 + "3,",
        " " * 64 + "64,",
        " " * 64 + "(3, 5),",
        " " * 64 + "padding=(1, 2),",
        " " * 60 + ")",
    ]


def test_a_list_that_does_not_fit_takes_a_line_for_each_item() -> None:
    """Also where all items fit on one line of their own, as arguments would stand there."""
    first, second = call("nn.Conv2d", 3, 64, (3, 5)), call("nn.ReLU")
    assert lay_out(" " * 48, "x = ", Call("", (first, second), brackets="[]")) == [
        " " * 48 + "x = [",
        " " * 52 + "nn.Conv2d(3, 64, (3, 5)),",
        " " * 52 + "nn.ReLU(),",
        " " * 48 + "]",
    ]
    assert lay_out(" " * 48, "x = ", Call("f", (first, second))) == [
        " " * 48 + "x = f(",
        " " * 52 + "nn.Conv2d(3, 64, (3, 5)), nn.ReLU()",
        " " * 48 + ")",
    ]


def test_a_list_in_a_list_that_does_not_fit_takes_a_line_for_each_item() -> None:
    longer = ", ".join(f"[3, {n}00, {n}0, false]" for n in range(1, 6))
    text = f"""
network Rows {{
    input 8x8x3
    for rows in [[[3, 16, 8, true]], [{longer}]] {{
        {{
            for kernel, wide, narrow, norm in rows {{
                conv wide 1x1, conv narrow kernel pad=1, if norm {{ bn }}
            }}
        }}
    }}
}}
"""
    result = compile_source(Source("rows.cnn", text), [backend("torch"), backend("keras")])
    assert not result.diagnostics
    for output in result.outputs:
        lines = [line.strip() for line in output.text.splitlines()]
        at = lines.index("for rows in [")
        assert lines[at + 1 : at + 9] == [
            "((3, 16, 8, True),),",
            "(",
            *(f"(3, {n}00, {n}0, False)," for n in range(1, 6)),
            "),",
        ]


# --- docstrings ------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    """What a docstring has to say: the text's words, its triple quotes made harmless."""
    return readable(text.replace('"""', "'''")).split()


@given(anything, st.sampled_from(["", "    "]))
def test_a_docstring_says_what_the_comment_says(text: str, indent: str) -> None:
    lines = docstring(text, indent)
    body = "\n".join(lines)
    tree = ast.parse(f"class A:\n{body}\n" if indent else body)
    assert len(tree.body) == 1
    owner = tree.body[0] if indent else tree
    assert isinstance(owner, ast.ClassDef | ast.Module)
    assert len(owner.body) == 1
    said = ast.get_docstring(owner)
    assert said is not None
    assert said.split() == words(text)
    assert all(line.isprintable() for line in lines)


@given(
    st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30))
)
def test_a_docstring_of_short_words_fits(parts: list[str]) -> None:
    for indent in ("", "    "):
        assert max(map(len, docstring(" ".join(parts), indent))) <= COLUMNS


def test_points_of_a_list_stay_apart() -> None:
    text = "Has:\n- one\n  thing\n* two\n3. three\n\nAnd\nmore - or less."
    assert docstring(text, "") == [
        '"""Has:', "- one thing", "* two", "3. three", "", "And more - or less.", '"""'
    ]  # fmt: skip


def test_formatters_leave_docstrings_as_they_are(tmp_path: Path) -> None:
    rows: list[str] = []
    text = st.text(st.sampled_from("ab \"\\'\n-.界é1"), min_size=1, max_size=200)

    @settings(max_examples=400, phases=[Phase.generate], derandomize=True, database=None)
    @given(text, st.integers(1, 30))
    def write(text: str, length: int) -> None:
        # Also in rows of words, around the length at which a second line starts.
        for shown in (text, f"{'word ' * 12}{text[:length]}"):
            rows.extend([f"class A{len(rows)}:", *docstring(shown, "    "), "", ""])

    write()
    (tmp_path / "docstrings.py").write_text("\n".join(rows[:-1]), encoding="utf-8")
    assert ruff.unformatted(tmp_path)[:3000] == ""


@pytest.mark.parametrize(
    "names",
    [
        ["VGG16", "VGG11_BN", "VGG11"],
        ["Net10", "Net9", "NET", "net", "A", "b", "Net09", "N2", "nEt", "A_1", "a_10", "a_9"],
        ["a1b", "a01b", "a1", "a01", "a001", "a10", "a0", "a_0", "aB", "ab", "aB1"],
    ],
)
def test_exports_are_sorted_as_ruff_sorts_them(names: list[str], tmp_path: Path) -> None:
    defined = [f"{name} = 1" for name in names]
    text = "\n".join([*exports(names), "", *defined, ""])
    (tmp_path / "exports.py").write_text(text)
    assert ruff.check(tmp_path) == ""
    assert ruff.unformatted(tmp_path) == ""
