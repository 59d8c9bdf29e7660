"""What is said of a file's lines that are another tool's: one answer for each, or for all."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import islice

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes, shortened
from cnngen.foreign.calls import LONGEST
from cnngen.foreign.modules import modules_in
from cnngen.foreign.orders import said_in_order
from cnngen.foreign.papers import said_in_a_table
from cnngen.foreign.python import said_in_python
from cnngen.foreign.said import Said
from cnngen.source import Source, Span

MOST_MARKS = 8
"""Beginnings of comments on a line that are looked at."""

MOST_LINES = 100
"""Lines of a file that are looked at."""

LONGEST_SHOWN = 200
"""Characters of a line that a hint shows."""


def as_meant(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, those of another tool's line replaced by one that says it here.

    Args:
        found: what is wrong, sorted by place.
    """
    told: list[Diagnostic] = []
    answers: dict[Source, _Answers] = {}
    wrong: dict[tuple[Source, int], set[str]] = {}
    for each in found:
        if each.span is not None:
            wrong.setdefault((each.span.source, each.span.line), set()).add(each.code.id)
    for diagnostic in found:
        span = diagnostic.span
        if span is None or diagnostic.code.severity != "error":
            told.append(diagnostic)
            continue
        own = answers.setdefault(span.source, _Answers(span.source))
        told += own.instead_of(diagnostic, span, wrong[span.source, span.line])
    return told


class _Answers:
    """The answers to the lines of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.program = program(source)
        self.modules = modules_in(source)
        self.end = -1
        self.looked_at = 0
        self.line = 0

    def instead_of(self, diagnostic: Diagnostic, span: Span, wrong: Set[str]) -> list[Diagnostic]:
        """What is said in place of a diagnostic: nothing where its line is answered already.

        ``wrong`` are the codes of what is wrong on the line.
        """
        if span.start < self.end:
            return []
        program = self.program
        if program is not None and program.span is not None and span.line >= program.span.line:
            self.end = len(self.source.text) + 1
            return [program]
        if span.line == self.line or self.looked_at >= MOST_LINES:
            return [diagnostic]
        self.line = span.line
        self.looked_at += 1
        place = statement_at(span)
        comment = comment_in(place, span)
        if comment is not None:
            self.end = place.end
            return [diagnostic._replace(hint=_COMMENT, fix=Fix((comment,), translates=True))]
        for part in dict.fromkeys((place, _item_at(span, place))):
            if part != place and _ASSIGNED.match(part.text):
                continue
            said = said_in_python(part.text, self.modules) or said_in_a_table(part.text)
            if said is not None:
                self.end = part.end
                return [_answer(said, part)]
            ordered = said_in_order(part.text, wrong)
            if ordered is not None:
                self.end = part.end
                return [_ordered(diagnostic, part, *ordered)]
        return [diagnostic]


_ASSIGNED = re.compile(r"[\w.]+\s*=(?!=)")
"""The last of several names that Python gives a value at once."""

_COMMENT = "a comment starts with `#`"
_OTHER_COMMENT = re.compile(r"(?<!\S)(?://+|/\*+|--)[ \t]*(?P<text>[^\n]*?)[ \t]*(?:\*+/)?")


def comment_in(place: Span, wrong: Span) -> Edit | None:
    """The edit that makes a comment of C or SQL one, where what is wrong is in it.

    ``//`` divides, too: what follows it is a comment where it is not one value.
    """
    line = place.source.line(place.line)
    if len(line) > LONGEST:
        return None
    start = place.source.line_starts[place.line - 1]
    for match in islice(re.finditer(r"(?<!\S)(//+|/\*+|--)", line), MOST_MARKS):
        rest = line[match.start() :]
        text = _OTHER_COMMENT.fullmatch(rest.rstrip())
        divides = match[0] == "//" and not re.match(r"// *[A-Za-z]\w*( +[A-Za-z]|[.,:;!?]|$)", rest)
        if text is None or "*/" in text["text"] or divides or wrong.end <= start + match.start():
            continue
        new = f"# {text['text']}".rstrip()
        return Edit(Span(place.source, start + match.start(), start + len(line.rstrip())), new)
    return None


def _ordered(diagnostic: Diagnostic, place: Span, line: str, rule: str) -> Diagnostic:
    hint = f"write `{shortened(line, LONGEST_SHOWN)}`: {rule}"
    return diagnostic._replace(hint=hint, fix=Fix((Edit(place, line),)))


def _answer(said: Said, place: Span) -> Diagnostic:
    edit = Edit(_with_comma(place), said.text)
    fix = Fix((edit,), translates=True) if said.text else None
    hint = f"write `{shortened(said.text, LONGEST_SHOWN)}`" if said.text else said.why
    return Diagnostic(
        codes.OTHER_TOOL,
        f"this is a line of {said.tool}",
        place,
        "expected a layer as it is written here",
        hint=hint,
        notes=(said.note,) if said.note else (),
        fix=fix,
    )


def _with_comma(place: Span) -> Span:
    """With the comma behind it, where it is all of its line: in Python, one ends each row."""
    source = place.source
    before = source.text[source.line_starts[place.line - 1] : place.start]
    comma = re.compile(r"[ \t]*[,;](?=[ \t]*(#|\n|\Z))").match(source.text, place.end)
    return place if before.strip() or not comma else place._replace(end=comma.end())


def statement_at(span: Span) -> Span:
    """The statement on the line of a place, with the lines up to where its brackets close.

    In a body on the same line, it is the statement after the `{` before the place.
    """
    text = span.source.text
    line = span.source.line_starts[span.line - 1]
    start = end = max(line, text.rfind("{", line, span.start) + 1)
    lines: list[int] = []
    depth = 0
    for match in _PIECES.finditer(text, start, start + LONGEST):
        sign = match[0][0]
        if sign == "\n":
            lines.append(end)
            if depth == 0:
                break
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth < 0:
            break
        if sign != "#":
            end = match.end()
    closed = depth <= 0 or not lines
    return _trimmed(Span(span.source, start, end if closed else lines[0]))


_PIECES = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|#[^\n]*|[^()\[\]{}\n\"'#]+|.|\n")
"""Strings, comments, brackets, ends of lines, and what is between them."""

_OPENING = ("(", "[", "{")
_CLOSING = (")", "]", "}")


def _item_at(span: Span, place: Span) -> Span:
    """The item of a chain that a place is in."""
    start, depth = place.start, 0
    for match in _PIECES.finditer(span.source.text, place.start, place.end):
        sign = match[0]
        depth += (sign in _OPENING) - (sign in _CLOSING)
        for comma in re.finditer(",", sign) if depth == 0 else ():
            end = match.start() + comma.start()
            if end > span.start:
                return _trimmed(Span(span.source, start, end))
            start = end + 1
    return _trimmed(Span(span.source, start, place.end))


def _trimmed(span: Span) -> Span:
    """Without white space and without the comma at its end."""
    text = span.text
    start = span.start + len(text) - len(text.lstrip())
    return Span(span.source, start, max(start + 1, span.start + len(text.rstrip(" \t\n,;"))))


_PROGRAM = re.compile(
    r"((import|from)[ \t]+(torch|torchvision|keras|tensorflow|jax|flax|numpy)\b.*"
    r"|class[ \t]+\w+\(.{0,99}(Module|Model|Layer)\b.{0,99}\):"
    r"|def[ \t]+\w+\(self\b.*:)[ \t]*(#.*)?"
)

_BEGINNINGS = ("import", "from", "class", "def")


def _first_of_program(source: Source) -> Span | None:
    """The first line that only Python has. Long lines are no one's, and would take long."""
    start = 0
    for line in source.text.split("\n"):
        text = line.strip()
        if text.startswith(_BEGINNINGS) and len(text) <= LONGEST and _PROGRAM.fullmatch(text):
            return Span(source, start, start + len(line))
        start += len(line) + 1
    return None


def program(source: Source) -> Diagnostic | None:
    """What is said of a program in Python that the file is, or that was put into it."""
    span = _first_of_program(source)
    if span is None:
        return None
    return Diagnostic(
        codes.OTHER_TOOL,
        "from here on, this is a program in Python",
        _trimmed(span),
        "its first line",
        hint="`cnngen lift model.py:Net` reads a model of PyTorch or Keras and writes its `.cnn`",
    )
