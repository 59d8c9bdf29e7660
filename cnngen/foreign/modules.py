"""What a file's lines of Python say of each other: names known, modules made and applied."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cnngen.record import NamedTuple
from cnngen.source import Source

MOST_TEXT = 100_000
"""Characters of a file that are searched."""


class Modules(NamedTuple):
    """``known``: names that have a value in the file.

    ``made``: what ``self.name`` is, as it is written. ``applied``: the lines that call it.
    """

    known: frozenset[str] = frozenset()
    made: Mapping[str, str] = {}
    applied: Mapping[str, tuple[int, ...]] = {}


_IN_HEADS = re.compile(r"^[ \t]*(?:network|block)\s+\w+\(([^)]*)\)|\blet\s+(\w+)", re.MULTILINE)
_MADE = re.compile(r"^[ \t]*self\.(\w+)[ \t]*=(?!=)[ \t]*([^\n]+)$", re.MULTILINE)
_APPLIED = re.compile(r"\bself\.(\w+)\(")


def modules_in(source: Source) -> Modules:
    """The names and modules of a file."""
    text = source.text[:MOST_TEXT]
    known: set[str] = set()
    for parameters, name in _IN_HEADS.findall(text):
        known.update(re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", parameters))
        known.add(name)
    applied: dict[str, tuple[int, ...]] = {}
    for match in _APPLIED.finditer(text):
        line = source.line_number(match.start())
        applied[match[1]] = (*applied.get(match[1], ())[:1], line)
    return Modules(frozenset(known - {""}), dict(_MADE.findall(text)), applied)
