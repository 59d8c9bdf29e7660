"""Diagnostics as text for people, ``full`` or ``concise``. For programs: the files beside this."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from cnngen.diagnostics.model import Diagnostic
from cnngen.source import Source, Span

Paint = Callable[[str, str], str]

Parts = Callable[[Source, int], Sequence[tuple[str, str]]]
"""The text of a source's line, in parts; each with the role that it is painted in, or none."""

MOST_COLUMNS = 160

LONGEST_WORD = 200
"""Characters without a space; a name in a source may be as long as the file."""


def plain(text: str, role: str) -> str:
    """A paint that adds no colour; roles are error, warning, note, rule, mark and hint."""
    return text


def whole(source: Source, number: int) -> Sequence[tuple[str, str]]:
    """Parts of a line that is not coloured."""
    return ((source.line(number), ""),)


def full(diagnostic: Diagnostic, paint: Paint = plain, parts: Parts = whole) -> str:
    """The problem with its source line, the range underlined, notes and hint."""
    rows = [
        paint(f"{diagnostic.code.severity}[{diagnostic.code.id}]", diagnostic.code.severity)
        + f": {' '.join(prose(diagnostic.message).splitlines())}"
    ]
    gutter = _gutter_width(diagnostic)
    if diagnostic.span is not None:
        rows += _excerpt(diagnostic.span, diagnostic.label, gutter, paint, parts)
    elif diagnostic.path:
        rows.append(" " * gutter + paint("-->", "rule") + f" {one_line(diagnostic.path)}")
    for span, text in diagnostic.related:
        rows += _excerpt(span, text, gutter, paint, parts)
    for note in diagnostic.notes:
        rows.append(_aside("note", note, gutter, paint))
    if diagnostic.hint:
        rows.append(_aside("hint", diagnostic.hint, gutter, paint))
    return "\n".join(rows) + "\n"


def concise(diagnostic: Diagnostic, paint: Paint = plain) -> str:
    """One line: place, code, message."""
    hint = f" ({diagnostic.hint})" if diagnostic.hint else ""
    code = paint(diagnostic.code.id, diagnostic.code.severity)
    message = " ".join(prose(f"{diagnostic.message}{hint}").split())
    return f"{place(diagnostic)}: {code} {message}"


def place(diagnostic: Diagnostic) -> str:
    """``path:line:column``, as far as it is known."""
    span = diagnostic.span
    if span is None:
        return one_line(diagnostic.path)
    return f"{one_line(span.source.path)}:{span.line}:{span.column}"


def prose(text: str) -> str:
    """A message, a note or a hint: visible, and no longer than can be read."""
    return visible(_LONG_WORD.sub(lambda word: word[0][: LONGEST_WORD - 3] + "...", text))


_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")


def visible(text: str) -> str:
    """``text`` with control and direction-changing characters written as escapes.

    A source is untrusted: what it quotes must not steer the terminal that shows it.
    """
    return "".join(c if c == "\n" or c.isprintable() else _escape(c) for c in text)


def one_line(text: str) -> str:
    """``text`` as :func:`visible` has it, line ends escaped too: a path can hold them."""
    return visible(text).replace("\n", "\\n")


def _escape(character: str) -> str:
    code_point = ord(character)
    return f"\\u{code_point:04x}" if code_point < 0x10000 else f"\\U{code_point:08x}"


def _gutter_width(diagnostic: Diagnostic) -> int:
    spans = [s for s in (diagnostic.span, *(r.span for r in diagnostic.related)) if s]
    return max((len(str(span.line)) for span in spans), default=1) + 1


def _excerpt(span: Span, label: str, gutter: int, paint: Paint, parts: Parts) -> list[str]:
    """The source line of ``span`` with the range drawn under it.

    Of a range over several lines the first is drawn; of a very long line, the part around it.
    """
    number, column = span.line, span.column
    line = span.source.line(number)
    length = max(min(span.end - span.start, len(line) - column + 1), 1)
    cut = max(column - MOST_COLUMNS // 2, 0) if len(line) > MOST_COLUMNS else 0
    end = cut + len(line[cut : cut + MOST_COLUMNS].rstrip(" \t"))
    shown = _painted(parts(span.source, number), cut, end, paint)
    before, marked = line[cut : column - 1], line[column - 1 : column - 1 + length]
    marks = "^" * max(min(_columns(marked), MOST_COLUMNS), 1)
    bar = " " * gutter + paint("|", "rule")
    return [
        " " * (gutter - 1)
        + paint("-->", "rule")
        + f" {one_line(span.source.path)}:{number}:{column}",
        bar,
        paint(f"{number:>{gutter - 1}} |", "rule") + f" {shown}".rstrip(),
        f"{bar} {' ' * _columns(before)}{paint(f'{marks} {prose(label)}'.rstrip(), 'mark')}",
    ]


def _painted(parts: Sequence[tuple[str, str]], start: int, end: int, paint: Paint) -> str:
    """The columns ``start`` to ``end`` of a line, flat."""
    found, place = [], 0
    for text, role in parts:
        if place >= end:
            break
        if place + len(text) > start:
            shown = _flat(text[max(start - place, 0) : end - place])
            found.append(paint(shown, role) if role and shown else shown)
        place += len(text)
    return "".join(found)


def _flat(text: str) -> str:
    """Tabs as four spaces: a tab's width is the terminal's business, the underline is ours."""
    return visible(text.replace("\t", "    "))


def _columns(text: str) -> int:
    """How many terminal columns ``text`` takes once flat."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    combining = sum(unicodedata.combining(c) != 0 for c in text)
    return len(_flat(text)) + wide - combining


def _aside(kind: str, text: str, gutter: int, paint: Paint) -> str:
    margin = " " * gutter
    first, *others = prose(text).split("\n")
    rows = [f"{margin}{paint('=', 'rule')} {paint(kind, 'hint')}: {first}"]
    rows += [f"{margin}    {other}" for other in others]
    return "\n".join(rows)


def counted(count: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
