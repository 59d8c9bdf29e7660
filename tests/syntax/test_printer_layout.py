"""The layout: a case is a file, an ugly source and the canonical text of it.

``pytest tests/syntax --refresh`` writes the second anew; read what has changed before it is
committed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cnngen.diagnostics import DiagnosticError, codes
from cnngen.formatting.same import without_places
from cnngen.source import Source
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text
from syntax.trees import read

CASES = sorted((Path(__file__).parent / "layout").glob("*.txt"))
MARK = "\n=== is laid out as ===\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_source_is_laid_out(path: Path, refreshes: bool) -> None:
    ugly, canonical = path.read_text(encoding="utf-8").split(MARK)
    if refreshes:
        canonical = to_text(read(ugly))
        path.write_text(f"{ugly}{MARK}{canonical}", encoding="utf-8", newline="\n")
    assert to_text(read(ugly)) == canonical
    assert without_places(read(canonical)) == without_places(read(ugly))
    assert to_text(read(canonical)) == canonical


def test_there_are_cases() -> None:
    assert len(CASES) >= 6


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_end_as_they_do_here(end: str) -> None:
    text = "network A {\n    input 4  # four\n    relu\n}\n"
    assert to_text(read(text.replace("\n", end))) == text


@pytest.mark.parametrize(
    ("text", "canonical"), [("", ""), ("\n\n \n", ""), ("# a", "# a\n"), ("\n\n# a\n\n\n", "# a\n")]
)
def test_a_file_without_definitions_is_laid_out(text: str, canonical: str) -> None:
    assert to_text(read(text)) == canonical


@pytest.mark.parametrize("text", ["network A {", "network A {\n    input = 4\n    relu\n}\n", "a"])
def test_a_source_with_syntax_errors_is_refused(text: str) -> None:
    file, found = parse(Source("net.cnn", text))
    assert found
    with pytest.raises(ValueError, match=r"net\.cnn has syntax errors"):
        to_text(file)


DEEP = 10_000


@pytest.mark.parametrize(
    "statement",
    [
        f"dense {'[' * DEEP}{']' * DEEP}",
        f"dense ({'-' * DEEP}1)",
        f"dense {'1 + ' * DEEP}1",
        f"dense a{'[0]' * DEEP}",
        "{ " * DEEP + "relu" + " }" * DEEP,
        "a: repeat 1 {\n" * DEEP + "relu" + "\n}" * DEEP,
    ],
    ids=lambda text: text[:12],
)
def test_what_is_too_deep_is_said_to_be(statement: str) -> None:
    with pytest.raises(DiagnosticError) as raised:
        to_text(read(f"network A {{\n    {statement}\n}}\n"))
    assert raised.value.diagnostic.code is codes.TOO_DEEP


@pytest.mark.parametrize(
    "statement",
    [
        f"dense {'[' * 240}{']' * 240}",
        f"dense ({'-' * 240}1)",
        f"dense {'1 + ' * 240}1",
        f"dense a{'[0]' * 240}",
        f"dense {'f(' * 240}{')' * 240}",
        "{ " * 64 + "relu" + " }" * 64,
        "residual {\n" * 64 + "relu" + "\n}" * 64,
        "if true { relu } else " * 2_000 + "if true { relu }",
        f"dense min({'1, ' * DEEP}1)",
        f"relu{', relu' * DEEP}",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_long_or_as_deep_as_sources_are_is_laid_out(statement: str) -> None:
    text = to_text(read(f"network A {{\n    {statement}\n}}\n"))
    assert to_text(read(text)) == text
