"""What ``cnngen explain`` prints: a document for each code, with a source that provokes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cnngen
from cnngen.backends import backend
from cnngen.compiler import check_source
from cnngen.diagnostics import Code, codes
from cnngen.diagnostics.codes import CODES
from cnngen.elaborate import Choice
from cnngen.source import Source

PACKAGE = Path(cnngen.__file__).parent
DOCUMENTS = PACKAGE / "diagnostics" / "docs"
WIDEST = 88
"""Columns of a document, which is read in a terminal."""

OF_FILES = {f"E00{n}" for n in (1, 2, 3, 4, 5, 7, 8, 9)}
"""Codes that no text of a source provokes; their examples are commands."""

every_code = pytest.mark.parametrize("code", CODES.values(), ids=CODES)
code_of_a_source = pytest.mark.parametrize("code", sorted(CODES.keys() - OF_FILES))


def document(code: str) -> str:
    return (DOCUMENTS / f"{code}.md").read_text(encoding="utf-8")


def section(code: str, title: str) -> str:
    """The part under a heading, up to the next one."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", document(code), re.MULTILINE | re.DOTALL)
    assert found, f"{code}.md has no section {title}"
    return found[1]


def block(code: str, title: str, language: str) -> str:
    """The one fenced block of a section."""
    found: list[str] = re.findall(
        rf"^```{language}\n(.*?)^```$", section(code, title), re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1, f"{code}.md has {len(found)} blocks of {language} under {title}"
    return found[0]


def codes_of(text: str, name: str) -> set[str]:
    """The codes of what is wrong with a source, for both targets."""
    targets = [backend("torch"), backend("keras")]
    found = check_source(Source(f"{name}.cnn", text), targets, Choice())
    return {diagnostic.code.id for diagnostic in found}


@every_code
def test_a_document_has_the_heading_and_the_form_of_all(code: Code) -> None:
    text = document(code.id)
    assert text.startswith(f"# {code.id}: {code.title}\n\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Example", "Fix"]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert [line for line in text.splitlines() if len(line) > WIDEST] == []
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


@code_of_a_source
def test_an_example_gives_its_code_alone(code: str) -> None:
    assert codes_of(block(code, "Example", "cnn"), code) == {code}


@code_of_a_source
def test_a_fix_gives_none(code: str) -> None:
    assert codes_of(block(code, "Fix", "cnn"), code) == set()


@pytest.mark.parametrize("code", sorted(OF_FILES))
def test_an_example_about_files_is_a_command(code: str) -> None:
    assert "cnngen " in block(code, "Example", "sh")
    assert section(code, "Fix").strip()


def test_no_document_is_without_a_code() -> None:
    assert {path.name for path in DOCUMENTS.iterdir()} == {f"{code}.md" for code in CODES}


def test_every_code_is_used() -> None:
    constants = {name: code for name, code in vars(codes).items() if isinstance(code, Code)}
    assert {code.id for code in constants.values()} == set(CODES)
    own = PACKAGE / "diagnostics" / "codes.py"
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path != own
    )
    used = set(re.findall(r"\bcodes\.([A-Z0-9_]+)\b", text))
    assert constants.keys() - used == set()
