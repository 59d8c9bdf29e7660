"""Diagnostics as a JSON list, in a form of our own that holds all that is known."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cnngen.diagnostics.model import Diagnostic, Fix
from cnngen.diagnostics.render import prose
from cnngen.source import Span


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """A JSON list; lines and columns count from 1, ends are exclusive."""
    return json.dumps([_as_data(d) for d in diagnostics], indent=2)


def _as_data(diagnostic: Diagnostic) -> dict[str, object]:
    span = diagnostic.span
    data: dict[str, object] = {
        "code": diagnostic.code.id,
        "title": diagnostic.code.title,
        "severity": diagnostic.code.severity,
        "message": prose(diagnostic.message),
        "path": span.source.path if span else diagnostic.path,
        "label": prose(diagnostic.label),
        "hint": prose(diagnostic.hint),
        "notes": [prose(note) for note in diagnostic.notes],
        "related": [{"range": _range(r.span), "text": r.text} for r in diagnostic.related],
        "fix": _fix(diagnostic.fix) if diagnostic.fix else None,
    }
    if diagnostic.reason:
        data["reason"] = diagnostic.reason
    if span:
        data["range"] = _range(span)
    return data


def _fix(fix: Fix) -> dict[str, object]:
    return {"edits": [{"range": _range(edit.span), "text": edit.text} for edit in fix.edits]}


def _range(span: Span) -> dict[str, object]:
    end = Span(span.source, span.end, span.end)
    return {
        "path": span.source.path,
        "start": {"line": span.line, "column": span.column, "offset": span.start},
        "end": {"line": end.line, "column": end.column, "offset": span.end},
    }
