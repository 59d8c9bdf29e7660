"""Comments that describe: above a network, and at the head of a file."""

from __future__ import annotations

from cnngen.source import Source

MOST_LINES = 200
"""Lines of a comment that are taken over."""


def comment_above(source: Source, offset: int) -> str:
    """The comment lines right above the line of ``offset``, as text."""
    last = source.line_number(offset) - 1
    first = last + 1
    while first > max(last - MOST_LINES + 1, 1) and source.line(first - 1).lstrip().startswith("#"):
        first -= 1
    return "\n".join(_text(source.line(number)) for number in range(first, last + 1)).strip()


def head_comment(source: Source) -> str:
    """The comment that the file begins with, where an empty line parts it from what follows.

    Empty lines before it change nothing, as they do not anywhere else.
    """
    rows: list[str] = []
    for line in source.text.lstrip(" \t\n").split("\n", MOST_LINES)[:MOST_LINES]:
        if line.lstrip().startswith("#"):
            rows.append(_text(line))
        else:
            return "\n".join(rows).strip() if not line.strip() else ""
    return ""


def _text(line: str) -> str:
    return line.strip().lstrip("#").strip()
