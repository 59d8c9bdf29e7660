"""What a person sees of each mistake: the cases of ``cases/``, several dozens in a file.

``pytest tests/diagnostics --refresh`` writes the renderings anew; read what has changed before it
is committed.
"""

from __future__ import annotations

import contextlib
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from case_files import Case, difference, read_cases, refresh
from checking import CASES, check

from cnngen.diagnostics import Diagnostic
from cnngen.diagnostics.json_list import as_json
from cnngen.diagnostics.render import full

MISTAKES = [case for path in sorted(CASES.glob("*.txt")) for case in read_cases(path)]

every_mistake = pytest.mark.parametrize("case", MISTAKES, ids=str)


@cache
def found(case: Case) -> list[Diagnostic]:
    """What is said of a case, in a project of its own: paths are shown as one would write them."""
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("pyproject.toml").touch()
        for name, text in (("net.cnn", case.text), *case.files):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8", newline="\n")
        return check(case.text)


@every_mistake
def test_snapshot(case: Case, refreshes: bool) -> None:
    rendered = "\n".join(full(diagnostic) for diagnostic in found(case))
    assert rendered, "a case has a mistake in it"
    if refreshes:
        refresh(case, rendered)
    elif changes := difference(case.expected or "", rendered):
        pytest.fail(f"{case.path.name}, {case.title}:\n{changes}", pytrace=False)


def test_no_two_mistakes_have_one_title() -> None:
    """A title names a mistake wherever it is; within a file, reading it says so."""
    assert len({case.title for case in MISTAKES}) == len(MISTAKES)


@every_mistake
def test_a_mistake_is_complained_about_once(case: Case) -> None:
    places = [(d.span, d.code) for d in found(case) if d.code.id != "E402"]  # once for each target
    assert len(places) == len(set(places))


def test_ranges_are_within_the_source() -> None:
    for case in MISTAKES:
        for diagnostic in found(case):
            spans = [diagnostic.span, *(related.span for related in diagnostic.related)]
            for span in filter(None, spans):
                assert 0 <= span.start < span.end <= len(span.source.text), case


def test_prose_is_a_sentence_without_its_full_stop() -> None:
    for case in MISTAKES:
        for diagnostic in found(case):
            for text in (diagnostic.message, diagnostic.hint, diagnostic.label, *diagnostic.notes):
                assert not text.endswith("."), case
                assert "_NL" not in text, case
                assert "$END" not in text, case


GOOD = "network Net {\n    input 32x32x3 # Größe\n\tconv\t8 3x3,\trelu\t# ×–“”\n}\n"
BAD = GOOD.replace("relu", "rleu")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_line_ends_tabs_and_comments_in_any_script_are_no_mistake(mark: str, end: str) -> None:
    assert check(mark + GOOD.replace("\n", end)) == []


@pytest.mark.parametrize(
    "body",
    [
        "conv 8 3x3,\n    relu",
        "conv (8) (3 x 3), relu",
        "if true { relu } else if false { tanh } else { gelu }",
        "for a, b in [\n  [1, 2],\n  [3, 4],\n  ] { conv a 1x1 }",
        "conv " + "(" * 120 + "8" + ")" * 120 + " 3x3",
        "let conv = 3\n    conv conv conv",
        "{ { { relu } } }",
    ],
)
def test_what_looks_odd_and_is_right(body: str) -> None:
    assert check(f"network Net {{\n    input 32x32x3\n    {body}\n}}\n") == []


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_columns_count_characters_whatever_the_line_ends(mark: str, end: str) -> None:
    (diagnostic,) = check(mark + BAD.replace("\n", end))
    assert diagnostic.code.id == "E201"
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (3, 14)
    (data,) = json.loads(as_json([diagnostic]))
    assert data["range"]["start"] == {"line": 3, "column": 14, "offset": 53}
    assert data["range"]["end"] == {"line": 3, "column": 18, "offset": 57}


def test_a_tab_is_as_wide_as_its_underline_assumes() -> None:
    (diagnostic,) = check(BAD)
    _, _, _, source, marks, *_ = full(diagnostic).split("\n")
    assert source[marks.index("^") :][:4] == "rleu"


def test_a_mark_on_the_first_line_does_not_move_the_column() -> None:
    (diagnostic,) = check("\ufeffnetwork Net { input 8, }")
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (1, 22)
