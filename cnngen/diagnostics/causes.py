"""Cascades cut to their first cause: one mistake, one thing to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cnngen.diagnostics import codes
from cnngen.diagnostics.model import Diagnostic
from cnngen.source import Source

MOST_OF_A_KIND = 10
"""Unknown layers of a file that are shown; a file of another language is nothing else."""

MANY = 90
"""More than these are not counted: what is looked for ends at a hundred mistakes."""

DEFINING = ("block", "def", "define", "function", "func", "fn", "macro", "module", "layer")
"""How a block is begun here, and in other languages."""

_DEFINITION = re.compile(rf"\s*(?:{'|'.join(DEFINING)})\s+([A-Za-z_]\w*)")


def first_causes(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Without the unknown layers whose definition is wrong, and of many, the first.

    Args:
        found: what is wrong, sorted by place.
    """
    unread = {name for d in found for name in _defined_by(d)}
    told: list[Diagnostic] = []
    seen: dict[Source, list[int]] = {}
    more: dict[Source, int] = {}
    for each in found:
        if each.code is not codes.UNKNOWN_LAYER or each.span is None or each.fix is not None:
            told.append(each)
            continue
        source, name = each.span.source, each.span.text
        if (source, name) in unread:
            continue
        shown = seen.setdefault(source, [])
        if len(shown) < MOST_OF_A_KIND:
            shown.append(len(told))
            told.append(each)
        else:
            more[source] = more.get(source, 0) + 1
    for source, count in more.items():
        last = seen[source][-1]
        more_of_them = f"{count}" if count < MANY else "many"
        note = f"and {more_of_them} more unknown layer{'s' if count > 1 else ''} below"
        told[last] = told[last]._replace(notes=(*told[last].notes, note))
    return told


def _defined_by(found: Diagnostic) -> Iterable[tuple[Source, str]]:
    """The name of the block whose definition could not be read."""
    span = found.span
    if span is None or not found.code.id.startswith("E1"):
        return
    match = _DEFINITION.match(span.source.line(span.line))
    if match:
        yield span.source, match[1]
