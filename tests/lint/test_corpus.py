"""What is shipped has no warnings, but for a few with a reason: false ones would show here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cnngen.cli.files import loader, read_source
from cnngen.compiler import analyse
from cnngen.diagnostics.codes import CODES
from cnngen.lint import lint
from lint.linting import found, network

ROOT = Path(__file__).parents[2]

SOURCES = [
    path
    for folder in ("examples", "examples/lecture", "cnngen/zoo", "editors")
    for path in sorted((ROOT / folder).glob("*.cnn"))
]

MEANT = {
    "unet_bilinear.cnn": {"W113": 2},  # sizes that strides do not divide are what it is about
    "pilotnet.cnn": {"W113": 3},  # the paper's sizes
    "squeezenet.cnn": {"W113": 1},  # of 1.0: 224 in place of the paper's 227
}
"""Warnings that are right about networks that have to be as they are."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_warning(path: Path) -> None:
    source = read_source(str(path))
    result = analyse(source, load=loader(source))
    warnings = Counter(d.code.id for d in lint(result) if d.code.severity != "note")
    assert warnings == MEANT.get(path.name, {})


@pytest.mark.parametrize("path", sorted((ROOT / "cnngen/std").glob("*.cnn")), ids=lambda p: p.stem)
def test_no_warning_in_the_library(path: Path) -> None:
    """Blocks alone, beside a network that uses none of them, which W111 says."""
    text = path.read_text(encoding="utf-8") + network("relu")
    assert {d.code.id for d in found(text)} == {"W111"}


def test_the_documents_have_codes() -> None:
    assert len(SOURCES) > 70
    assert {code for codes in MEANT.values() for code in codes} <= CODES.keys()
