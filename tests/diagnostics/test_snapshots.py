"""What a person sees of each mistake: ``cases/<name>.cnn`` and, beside it, what is said of it.

``pytest --update-snapshots`` writes the second anew; read what has changed before it is committed.
"""

from __future__ import annotations

import json
from functools import cache

import pytest
from checking import CASES, check

from cnngen.diagnostics import Diagnostic
from cnngen.diagnostics.render import as_json, full

NAMES = sorted(path.stem for path in CASES.glob("*.cnn"))
"""The files that cases use are in the folder ``used``."""


@cache
def found(name: str) -> list[Diagnostic]:
    """What is said of a case."""
    return check((CASES / f"{name}.cnn").read_text(encoding="utf-8"), f"{name}.cnn")


@pytest.fixture(autouse=True)
def in_their_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of used files are shown as they are found from here."""
    monkeypatch.chdir(CASES)


@pytest.mark.parametrize("name", NAMES)
def test_snapshot(name: str, request: pytest.FixtureRequest) -> None:
    rendered = "\n".join(full(diagnostic) for diagnostic in found(name))
    snapshot = CASES / f"{name}.txt"
    if request.config.getoption("--update-snapshots"):
        snapshot.write_text(rendered, encoding="utf-8", newline="\n")
    assert rendered, "a case has a mistake in it"
    assert rendered == snapshot.read_text(encoding="utf-8")


def test_every_snapshot_has_its_case() -> None:
    assert sorted(path.stem for path in CASES.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_is_complained_about_once(name: str) -> None:
    places = [(d.span, d.code) for d in found(name) if d.code.id != "E402"]  # once for each target
    assert len(places) == len(set(places))


def test_ranges_are_within_the_source() -> None:
    for name in NAMES:
        for diagnostic in found(name):
            spans = [diagnostic.span, *(related.span for related in diagnostic.related)]
            for span in filter(None, spans):
                assert 0 <= span.start < span.end <= len(span.source.text), name


def test_prose_is_a_sentence_without_its_full_stop() -> None:
    for name in NAMES:
        for diagnostic in found(name):
            for text in (diagnostic.message, diagnostic.hint, diagnostic.label, *diagnostic.notes):
                assert not text.endswith("."), name
                assert "_NL" not in text, name
                assert "$END" not in text, name


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
