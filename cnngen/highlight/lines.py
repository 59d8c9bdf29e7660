"""The lines of a source in parts that can be coloured."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cnngen.highlight.category import Category
from cnngen.highlight.spans import Piece, pieces
from cnngen.source import Source

LONGEST = 50_000
"""Characters of a source that is read again for its colours: a tenth of a second."""


def parts(source: Source, number: int) -> Iterator[tuple[str, Category | None]]:
    """The text of line ``number`` (from 1) in parts; blanks are of no category.

    A source that is longer than anything written by hand is left as it is.
    """
    start, line = source.line_starts[number - 1], source.line(number)
    end = 0
    for piece in _by_line(source).get(number, ()):
        yield line[end : piece.start - start], None
        end = piece.end - start
        yield line[piece.start - start : end], piece.category
    yield line[end:], None


@lru_cache(maxsize=8)
def _by_line(source: Source) -> dict[int, list[Piece]]:
    found: dict[int, list[Piece]] = {}
    for piece in pieces(source) if len(source.text) <= LONGEST else ():
        found.setdefault(source.line_number(piece.start), []).append(piece)
    return found
