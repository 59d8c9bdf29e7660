"""What ``cnngen explain`` prints: a document for each code, with a source that provokes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cnngen
from cnngen.backends import backend
from cnngen.compiler import analyse
from cnngen.diagnostics import Code, codes
from cnngen.diagnostics.codes import CODES
from cnngen.files import loader
from cnngen.lint import Selection, lint
from cnngen.passes.notes import notes
from cnngen.source import Source

PACKAGE = Path(cnngen.__file__).parent
DOCUMENTS = PACKAGE / "diagnostics" / "docs"
WIDEST = 88
"""Columns of a document, which is read in a terminal."""

OF_FILES = {
    f"E{n:03}"
    for n in (*range(1, 6), *range(7, 10), *range(13, 23), *range(501, 508), *range(601, 604), 701)
} | {"N302", "N303"}
"""Codes that no text of a source provokes; their examples are commands."""

LINT = {code for code in CODES if code.startswith(("W1", "N1"))}
"""Codes of rules; the examples of others need not be free of what rules find."""

MAIN = "net.cnn"
"""The file of a block that the text before it gives no name."""

every_code = pytest.mark.parametrize("code", CODES.values(), ids=CODES)
code_of_a_source = pytest.mark.parametrize("code", sorted(CODES.keys() - OF_FILES))


def document(code: str) -> str:
    return (DOCUMENTS / f"{code}.md").read_text(encoding="utf-8")


def section(code: str, title: str) -> str:
    """The part under a heading, up to the next one."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", document(code), re.MULTILINE | re.DOTALL)
    assert found, f"{code}.md has no section {title}"
    return found[1]


def blocks(code: str, title: str, language: str) -> dict[str, str]:
    """The fenced blocks of a section, by file: the name that the line before ends in."""
    found = re.findall(
        rf"(?:`([\w/.]+)`[^`\n]*:\n\n)?^```{language}\n(.*?)^```$",
        section(code, title),
        re.MULTILINE | re.DOTALL,
    )
    named = {name or MAIN: text for name, text in found}
    assert found, f"{code}.md has no {language} under {title}"
    assert len(named) == len(found), f"{code}.md has two files of one name under {title}"
    return named


def codes_of(sources: dict[str, str], folder: Path, *, linted: bool) -> set[str]:
    """The codes of what is said of a source and the files that it uses, notes included."""
    project = folder / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    for name, text in sources.items():
        (project / name).write_text(text, encoding="utf-8")
    source = Source(str(project / MAIN), sources[MAIN])
    targets = [backend("torch"), backend("keras")]
    result = analyse(source, None, targets, load=loader(source), debug=True)
    found = lint(result, Selection(ignore=("N301",))) if linted else list(result.diagnostics)
    if result.complete and not linted:
        found += [note for network in result.module.networks for note in notes(network)]
    return {diagnostic.code.id for diagnostic in found}


@every_code
def test_a_document_has_the_heading_and_the_form_of_all(code: Code) -> None:
    text = document(code.id)
    assert text.startswith(f"# {code.severity}[{code.id}]: {code.title}\n\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Example", "Fix"]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert [line for line in text.splitlines() if len(line) > WIDEST] == []
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


@code_of_a_source
def test_an_example_gives_its_code_alone(code: str, tmp_path: Path) -> None:
    assert codes_of(blocks(code, "Example", "cnn"), tmp_path, linted=code in LINT) == {code}


@code_of_a_source
def test_a_fix_gives_none(code: str, tmp_path: Path) -> None:
    assert codes_of(blocks(code, "Fix", "cnn"), tmp_path, linted=code in LINT) == set()


@pytest.mark.parametrize("code", sorted(OF_FILES))
def test_an_example_about_files_is_a_command(code: str) -> None:
    assert "cnngen " in "".join(blocks(code, "Example", "sh").values())
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
