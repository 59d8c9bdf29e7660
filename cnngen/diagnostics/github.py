"""Diagnostics as workflow commands, which GitHub shows as annotations of a change.

The form is that of GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.diagnostics.model import Diagnostic
from cnngen.diagnostics.render import prose
from cnngen.source import Span

LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(diagnostics: Sequence[Diagnostic]) -> str:
    """One command for each diagnostic, each on a line; empty where there are none."""
    return "\n".join(map(_command, diagnostics))


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    properties: dict[str, object] = {"file": span.source.path if span else diagnostic.path}
    if span:
        properties |= _region(span)
    properties["title"] = f"{diagnostic.code.id}: {diagnostic.code.title}"
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{LEVELS[diagnostic.code.severity]} {given}::{_data(_message(diagnostic))}"


def _region(span: Span) -> dict[str, object]:
    """Columns are told of a range within one line only: of others GitHub refuses them."""
    end = Span(span.source, span.end, span.end)
    if end.line != span.line:
        return {"line": span.line, "endLine": end.line}
    last = max(end.column - 1, span.column)
    return {"line": span.line, "endLine": span.line, "col": span.column, "endColumn": last}


def _message(diagnostic: Diagnostic) -> str:
    """All that is said, below one another."""
    asides = [f"note: {note}" for note in diagnostic.notes]
    if diagnostic.hint:
        asides.append(f"hint: {diagnostic.hint}")
    return prose("\n".join([diagnostic.message, *asides]))


def _data(text: str) -> str:
    """``text`` as the end of a command: on one line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """``text`` as the value of a property, which a colon or a comma would end."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
