"""The form of the files that hold many cases each."""

from __future__ import annotations

from pathlib import Path

import pytest
from case_files import Case, difference, read_cases, refresh

TEXT = """\
# What stands here is a comment.

== one
a

b
-- expected
said of one

== with files
use "used/blocks.cnn"
-- used/blocks.cnn
block b { relu }
-- expected

== without anything
== not run yet
c
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "topic.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_cases_are_read(path: Path) -> None:
    assert read_cases(path) == [
        Case(path, "one", "a\n\nb\n", (), "said of one\n"),
        Case(
            path,
            "with files",
            'use "used/blocks.cnn"\n',
            (("used/blocks.cnn", "block b { relu }\n"),),
            "\n",
        ),
        Case(path, "without anything", ""),
        Case(path, "not run yet", "c\n"),
    ]
    assert str(read_cases(path)[0]) == "topic: one"


@pytest.mark.parametrize(
    ("text", "twice"),
    [("== a\n== b\n== a\n", "a"), ("== a\n-- x.cnn\n-- expected\n-- x.cnn\n", "x.cnn")],
    ids=["titles", "parts"],
)
def test_one_name_for_two_things_raises(path: Path, text: str, twice: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"topic\.txt has twice: {twice}$"):
        read_cases(path)


def test_what_comes_out_as_before_changes_nothing(path: Path) -> None:
    refresh(read_cases(path)[0], "said of one\n")
    assert path.read_text(encoding="utf-8") == TEXT


def test_what_comes_out_is_written_into_its_case_alone(path: Path) -> None:
    one, _, _, last = read_cases(path)
    refresh(one, "first\n\nsecond\n")
    refresh(last, "the end\n")
    expected = TEXT.replace("said of one\n", "first\n\nsecond\n") + "-- expected\nthe end\n"
    assert path.read_text(encoding="utf-8") == expected
    assert [case.expected for case in read_cases(path)] == [
        "first\n\nsecond\n",
        "\n",
        None,
        "the end\n",
    ]


def test_a_difference_is_shown_line_by_line() -> None:
    assert difference("a\nb\n", "a\nb\n") == ""
    assert "-b\n+c\n" in difference("a\nb\n", "a\nc\n")
