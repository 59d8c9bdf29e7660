"""The comments of a source, which the tree leaves out: they are where line ends are."""

from __future__ import annotations

import re

from cnngen.record import NamedTuple
from cnngen.source import Source, Span

_COMMENT = re.compile(r'"[^"\n]*"|(#[^\n]*)')


class Comment(NamedTuple):
    """``# text``; ``alone`` where nothing else is on its line."""

    span: Span
    text: str
    alone: bool


def comments(source: Source) -> list[Comment]:
    """The comments of a source without syntax errors, first to last."""
    found = _COMMENT.finditer(source.text)
    return [_comment(source, match.start(1), match.end(1)) for match in found if match[1]]


def _comment(source: Source, start: int, end: int) -> Comment:
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    span = Span(source, start, end)
    return Comment(span, span.text.rstrip(" \t"), not before.strip(" \t"))
