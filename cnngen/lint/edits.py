"""Edits that several rules make."""

from __future__ import annotations

from cnngen.diagnostics import Edit, Fix
from cnngen.source import Span


def without_line(place: Span) -> Fix | None:
    """The source without the line of ``place``; None where something else is on it."""
    row = place.source.line(place.line)
    if row.strip() != place.text:
        return None
    start = place.source.line_starts[place.line - 1]
    end = min(start + len(row) + 1, len(place.source.text))
    return Fix((Edit(Span(place.source, start, end), ""),))
