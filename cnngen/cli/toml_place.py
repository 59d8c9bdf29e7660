"""Where a key stands in a TOML file: Python's reader says no places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnngen.source import Source, Span

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEAD = re.compile(rf"^[ \t]*\[[ \t]*({_KEY})[ \t]*\]", re.MULTILINE)
_VALUE = re.compile(rf"^[ \t]*({_KEY})[ \t]*=", re.MULTILINE)
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def place_of(source: Source, keys: Sequence[str]) -> Span | None:
    """The longest written beginning of a key, as a table's head or before `=`; None for none."""
    heads = [(head.start(1), _parts(head[1]), head.span(1)) for head in _HEAD.finditer(source.text)]
    found = [(parts, span) for _, parts, span in heads]
    at: list[str] = []
    for value in _VALUE.finditer(source.text):
        while heads and heads[0][0] < value.start():
            at = heads.pop(0)[1]
        found.append(([*at, *_parts(value[1])], value.span(1)))
    fitting = [(len(parts), span) for parts, span in found if parts == list(keys[: len(parts)])]
    if not fitting:
        return None
    _, (start, end) = max(fitting, key=lambda each: each[0])
    return Span(source, start, end)


def place_said(source: Source, message: str) -> Span | None:
    """The place that a message of Python's reader names."""
    said = _PLACE.search(message)
    if said is None:
        return None
    start = source.line_starts[int(said[1]) - 1] + int(said[2]) - 1
    return Span(source, start, start + 1)


def _parts(key: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, key)]
