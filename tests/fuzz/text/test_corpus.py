"""The sources of ``corpus/``: what once failed, and odd corners; all of them are answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnngen.diagnostics import has_errors

from . import through_cli
from .examine import examine
from .layout import lay_out
from .seeds import CORPUS, read

PATHS = sorted(CORPUS.glob("*.cnn"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_source_of_the_corpus_is_answered(path: Path) -> None:
    text = read(path)
    lay_out(text)
    assert through_cli.check(text) is not has_errors(examine(text))


def test_there_is_a_corpus() -> None:
    assert len(PATHS) > 50
