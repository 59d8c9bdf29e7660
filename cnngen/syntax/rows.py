"""Rows of text with the comments of a source among them, and stated shapes below one another."""

from __future__ import annotations

from cnngen.source import Source, Span
from cnngen.syntax.comments import comments

WIDTH = 100
"""Columns of a line, but for what cannot be broken, and for stated shapes and comments."""

LONGEST_BEFORE_SHAPE = 72
"""Columns; the shape of a longer line follows it where it ends."""

STEP = 4
"""Columns of a level, and what the columns of shapes are multiples of."""


class _Row:
    """A line of the text: what stands in it, the shape that it states, the comments behind it."""

    def __init__(self, text: str) -> None:
        self._pieces = [text]
        self.length = len(text)
        self.shape = ""
        self.comments: list[str] = []

    def add(self, text: str) -> None:
        """Go on; what is there is not copied, since a row may have any length."""
        self._pieces.append(text)
        self.length += len(text)

    @property
    def text(self) -> str:
        """What stands in it so far."""
        return "".join(self._pieces)


class Rows:
    """Writes rows. A comment is written once all that stands before it in the source is."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.level = 0
        self._lines: list[str] = []
        self._rows: list[_Row] = []
        self._comments = comments(source)[::-1]
        # Whether what comes next is the first thing in the file, or between two braces.
        self._is_first = True
        # The line of the comment that was written last, if nothing came since.
        self._commented = 0

    # --- rows --------------------------------------------------------------------------------

    def start(self, text: str = "") -> None:
        """Begin a row."""
        self._rows.append(_Row(" " * (STEP * self.level) + text))

    def add(self, text: str) -> None:
        """Go on in the row."""
        self._rows[-1].add(text)

    def state(self, shape: str) -> None:
        """State a shape at the end of the row."""
        self._rows[-1].shape = shape

    def fits(self, text: str) -> bool:
        """Whether the row has room for this."""
        return self._rows[-1].length + len(text) <= WIDTH

    def open(self) -> None:
        """Begin a body in the row."""
        self.add("{")
        self.level += 1
        self._is_first = True

    def close(self, end: int) -> None:
        """End a body, whose brace stands right before ``end`` in the source."""
        self.comments_before(end)
        self._is_first = False
        self._commented = 0
        self.level -= 1
        self.start("}")

    def text(self) -> str:
        """All that was written."""
        self.end_definition()
        return "".join(f"{line}\n" for line in self._lines)

    def end_definition(self) -> None:
        """Lay out the rows so far, with their shapes below one another."""
        ends = [row.length for row in self._rows if row.shape]
        longest = max((end for end in ends if end <= LONGEST_BEFORE_SHAPE), default=0)
        column = -(-longest // STEP) * STEP + STEP
        self._lines += [_line_of(row, column) for row in self._rows]
        self._rows = []

    # --- comments and empty lines ------------------------------------------------------------

    def has_comment(self, span: Span) -> bool:
        """Whether a comment that is still to be written stands before the end of ``span``."""
        return bool(self._comments) and self._comments[-1].span.start < span.end

    def comments_before(self, offset: int, *, part: bool = True, always: bool = False) -> bool:
        """Write the comments before ``offset``; whether one has a line of its own.

        Args:
            offset: where the next thing stands in the source.
            part: keep empty lines.
            always: an empty line before the first one that has its own.
        """
        own = False
        while self._comments and self._comments[-1].span.start < offset:
            comment = self._comments.pop()
            if not comment.alone and not self._commented:
                self._rows[-1].comments.append(comment.text)
                continue
            if part:
                self.part(comment.span, always=always and not own)
            self.start(comment.text)
            self._commented = comment.span.line
            own = True
        if not part:
            self._commented = 0
        return own

    def part(self, span: Span, *, always: bool = False) -> None:
        """Write an empty line where the source has one before ``span``, or always."""
        line = span.line
        empty = line > 1 and not self.source.line(line - 1).strip(" \t")
        after_gap = 0 < self._commented < line - 1
        if (always or empty or after_gap) and not self._is_first:
            self._rows.append(_Row(""))
        self._is_first = False
        self._commented = 0


def _line_of(row: _Row, column: int) -> str:
    text = row.text
    if row.shape:
        text = f"{text.ljust(column) if len(text) < column else text + ' ' * STEP}-> {row.shape}"
    return "  ".join((text, *row.comments)).rstrip(" ")
