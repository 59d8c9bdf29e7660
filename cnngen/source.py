"""Source text and places in it.

A :class:`Span` is two offsets and the text that they point into; line and column are computed
where a person or an editor is shown one.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from functools import cached_property

from cnngen.record import NamedTuple

BYTE_ORDER_MARK = "\ufeff"


SCHEME = "zoo:"
"""What the path of a network that is shipped begins with: ``zoo:resnet``."""


class Source:
    """The text of one ``.cnn`` file and the path that it is called by.

    Line ends are made line feeds and a byte-order mark is left out, so that a file means the same
    whatever editor saved it; offsets count characters of this text. ``verbatim`` says that nothing
    had to be changed.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.verbatim = not text.startswith(BYTE_ORDER_MARK) and "\r" not in text
        text = text.removeprefix(BYTE_ORDER_MARK)
        self.text = text if self.verbatim else text.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset at which each line starts."""
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    def line_number(self, offset: int) -> int:
        """The line, counted from 1, that holds ``offset``."""
        return bisect_right(self.line_starts, offset)

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1), without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]


def stem(path: str) -> str:
    """The file name of ``path`` without its ending; ``resnet`` of ``zoo:resnet`` too."""
    return os.path.splitext(os.path.basename(path.removeprefix(SCHEME)))[0]


class Span(NamedTuple):
    """The characters ``start`` to ``end`` (exclusive) of ``source``."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line of the first character, counted from 1."""
        return self.source.line_number(self.start)

    @property
    def column(self) -> int:
        """The column of the first character, counted from 1."""
        return self.start - self.source.line_starts[self.line - 1] + 1

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The range from the start of this span to the end of ``other``."""
        return Span(self.source, self.start, other.end)
