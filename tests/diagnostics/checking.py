"""Sources of tests, checked for both targets."""

from __future__ import annotations

from pathlib import Path

from cnngen.backends import backend
from cnngen.cli.files import loader
from cnngen.compiler import analyse
from cnngen.diagnostics import Diagnostic
from cnngen.elaborate import Choice
from cnngen.source import Source

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[2] / "examples"

TARGETS = (backend("torch"), backend("keras"))


def check(text: str, path: str = "net.cnn", choice: Choice | None = None) -> list[Diagnostic]:
    """What is wrong with ``text``, for any target; files that it uses are found beside ``path``."""
    source = Source(path, text)
    return list(analyse(source, choice, TARGETS, load=loader(source), debug=True).diagnostics)
