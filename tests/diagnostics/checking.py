"""Sources of tests, checked for both targets."""

from __future__ import annotations

from pathlib import Path

from cnngen.backends import backend
from cnngen.compiler import check_source
from cnngen.diagnostics import Diagnostic
from cnngen.elaborate import Choice
from cnngen.source import Source

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[2] / "examples"

TARGETS = (backend("torch"), backend("keras"))


def check(text: str, path: str = "net.cnn") -> list[Diagnostic]:
    """What is wrong with ``text``, for any target."""
    return check_source(Source(path, text), TARGETS, Choice(), debug=True)
