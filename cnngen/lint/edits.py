"""Edits that several rules make."""

from __future__ import annotations

from cnngen.diagnostics import Edit, Fix
from cnngen.source import Source, Span
from cnngen.syntax import ast


def without_line(place: Span) -> Fix | None:
    """The source without the line of ``place``; None where something else is on it."""
    row = place.source.line(place.line)
    if row.strip() != place.text:
        return None
    return Fix((Edit(rows(place.source, place.line, place.line), ""),))


def rows(source: Source, first: int, last: int) -> Span:
    """Whole lines, counted from 1, with their ends."""
    starts = source.line_starts
    end = starts[last] if last < len(starts) else len(source.text)
    return Span(source, starts[first - 1], end)


def without_item(line: ast.Line, layer: ast.Layer) -> Fix | None:
    """The source without a layer of a line; None where that takes a label or a comment away."""
    if layer.label is not None:
        return None
    place, spans = layer.span, [item.span for item in line.items]
    if len(spans) == 1:
        return without_line(place)
    at = spans.index(place)
    start, end = (spans[at - 1].end, place.end) if at else (place.start, spans[1].start)
    if "#" in place.source.text[start:end]:
        return None
    return Fix((Edit(Span(place.source, start, end), ""),))


def swapped(one: Span, other: Span) -> Fix:
    """The source with two places of it taking each other's text."""
    return Fix((Edit(one, other.text), Edit(other, one.text)))
