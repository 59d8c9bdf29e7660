"""Comments that describe: above a network, and at the head of a file."""

from __future__ import annotations

from cnngen.source import Source


def comment_above(source: Source, offset: int) -> str:
    """The comment lines right above the line of ``offset``, as text."""
    number = source.line_number(offset) - 1
    rows: list[str] = []
    while number >= 1 and source.line(number).lstrip().startswith("#"):
        rows.insert(0, _text(source.line(number)))
        number -= 1
    return "\n".join(rows).strip()


def head_comment(source: Source) -> str:
    """The comment that the file begins with, where an empty line parts it from what follows."""
    rows: list[str] = []
    for line in source.text.split("\n", 200)[:200]:
        if line.lstrip().startswith("#"):
            rows.append(_text(line))
        else:
            return "\n".join(rows).strip() if not line.strip() else ""
    return ""


def _text(line: str) -> str:
    return line.strip().lstrip("#").strip()
