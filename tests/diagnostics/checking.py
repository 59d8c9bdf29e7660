"""Sources of tests, checked for both targets."""

from __future__ import annotations

from pathlib import Path

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import check_source
from cnngen.diagnostics import Diagnostic
from cnngen.elaborate.library import Load
from cnngen.files import loader
from cnngen.source import Source

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[2] / "examples"

TARGETS = (backend("torch"), backend("keras"))


def check(
    text: str, path: str = "net.cnn", choice: Choice | None = None, load: Load | None = None
) -> list[Diagnostic]:
    """What is wrong with ``text``, for any target; ``load`` finds files beside it by default."""
    source = Source(path, text)
    load = load or loader(source)
    return list(check_source(source, TARGETS, choice, load=load, debug=True).diagnostics)


def fixed(diagnostic: Diagnostic) -> str:
    """The source with the diagnostic's fix made."""
    assert diagnostic.fix is not None
    assert diagnostic.span is not None
    text = diagnostic.span.source.text
    for span, new in sorted(diagnostic.fix.edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text
