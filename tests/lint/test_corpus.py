"""What is shipped has no warnings: false ones would show here."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnngen.compiler import analyse
from cnngen.files import loader, read_source
from cnngen.lint import lint
from lint.linting import found, network

ROOT = Path(__file__).parents[2]

SOURCES = [
    path
    for folder in ("examples", "examples/lecture", "cnngen/zoo", "editors")
    for path in sorted((ROOT / folder).glob("*.cnn"))
]

SHOWN = {"picture": ["W119"]}
"""What is there for its colours alone."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_warning(path: Path) -> None:
    source = read_source(str(path))
    result = analyse(source, load=loader(source))
    found = [d.code.id for d in lint(result) if d.code.severity != "note"]
    assert found == SHOWN.get(path.stem, [])


@pytest.mark.parametrize("path", sorted((ROOT / "cnngen/std").glob("*.cnn")), ids=lambda p: p.stem)
def test_no_warning_in_the_library(path: Path) -> None:
    """Blocks alone, beside a network that uses none of them, which W111 says."""
    text = path.read_text(encoding="utf-8") + network("relu")
    assert {d.code.id for d in found(text)} == {"W111"}


def test_there_are_sources() -> None:
    assert len(SOURCES) > 70
