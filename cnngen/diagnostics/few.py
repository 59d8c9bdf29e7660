"""Of many diagnostics of one kind, the first: what a person reads."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.diagnostics.model import Diagnostic

MOST_OF_A_CODE = 10
"""Warnings of one code in one file that are shown."""


def few_of_each(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """All errors, and of each other code in each file the first; the last says how many follow."""
    shown: list[Diagnostic] = []
    places: dict[tuple[object, str], list[int]] = {}
    more: dict[int, int] = {}
    for each in found:
        source = each.span.source if each.span else None
        own = places.setdefault((source, each.code.id), [])
        if each.code.severity == "error" or len(own) < MOST_OF_A_CODE:
            own.append(len(shown))
            shown.append(each)
        else:
            more[own[-1]] = more.get(own[-1], 0) + 1
    for place, count in more.items():
        last = shown[place]
        note = f"and {count:,} more {last.code.id} below"
        shown[place] = last._replace(notes=(*last.notes, note))
    return shown
