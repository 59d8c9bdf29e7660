"""Characters, numbers and strings that are no part of the language, in the user's terms."""

from __future__ import annotations

import re
import unicodedata

from cnngen.diagnostics import Diagnostic, codes
from cnngen.diagnostics.suggest import shortened
from cnngen.source import Source, Span
from cnngen.syntax.lalr import Token

TERMINALS = ("STRAY", "BAD_NUMBER", "BAD_STRING")
"""What matches where nothing of the language does; it is reported and left out."""

MOST_SYNTAX_ERRORS = 20
"""Of one file; there are enough to correct first."""

QUOTES = "\"'`´‘’‚“”„«»"

MEANT = {
    "×": "write `x`",
    "✕": "write `x`",
    "⨯": "write `x`",
    "−": "write `-`",
    "–": "write `-`",
    "—": "write `-`",
    "→": "write `->`",
    "⇒": "write `->`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "·": "write `*`",
    "÷": "write `/`",
    "，": "write `,`",
    "：": "write `:`",
    "&": "write `and`",
    "|": "each branch of a `concat` is a line of its own; in a condition, write `or`",
    "!": "write `not`; `!=` compares",
    "^": "there is no power; write a product such as `n * n`",
    ";": "a new line, or a comma, starts the next layer",
    ".": "a name is made of letters, digits and _",
}
"""What a character was meant to be."""


class Lexical:
    """Finds each mistake of a source once: not for every letter of a foreign word."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.end = 0
        self.seen: set[tuple[int, str]] = set()

    def diagnostic(self, token: Token) -> Diagnostic | None:
        """What to say of a token of ``TERMINALS``; None where it belongs to the one before."""
        span = Span(self.source, token.start_pos, token.end_pos)
        if span.start < self.end:
            return None
        self.end = span.end
        if token.type == "BAD_STRING":
            return _string(span)
        if token.type == "BAD_NUMBER":
            return _number(span)
        return self._stray(span)

    def _stray(self, span: Span) -> Diagnostic | None:
        character = span.text
        fraction = _AFTER_POINT.match(self.source.text, span.start)
        if fraction:
            self.end = fraction.end()
            return _number(Span(self.source, span.start, self.end))
        line = self.source.text[self.source.text.rfind("\n", 0, span.start) + 1 : span.start]
        if character in QUOTES and _USE.fullmatch(line):
            return self._file_name(span)
        if character == "." and _is_reported_as_a_file(line, self.source.text[span.end :][:80]):
            return None
        run = _WORD if character.isalnum() else re.compile(re.escape(character) + "+")
        found = run.match(self.source.text, span.start)
        self.end = found.end() if found else span.end
        again = (span.line, character) in self.seen
        self.seen.add((span.line, character))
        return None if again else _character(span, Span(self.source, span.start, self.end))

    def _file_name(self, span: Span) -> Diagnostic:
        """A file to use between quotes of another kind."""
        rest = _LINE.match(self.source.text, span.start)
        text = rest[0] if rest else span.text
        self.end = span.start + len(text)
        return Diagnostic(
            codes.STRAY_CHARACTER,
            'the file to use stands between two `"`',
            span,
            'expected `"`',
            hint=f'write `use "{shortened(text.strip(QUOTES))}"`',
        )


_WORD = re.compile(r"\w+")
_LINE = re.compile(r"[^\n#]*[^\n#\s]")
_USE = re.compile(r"[ \t]*use[ \t]*")
_BARE_FILE = re.compile(r"[ \t]*use[ \t]+[^\s\"]*|(import|include|require|from)[ \t]+[\w.]*")
_SHIPPED = re.compile(r"[ \t]*use[ \t]+[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_AFTER_POINT = re.compile(r"\.[0-9]+(?![\w.])")


def _is_reported_as_a_file(before: str, after: str) -> bool:
    """Whether a point is in what is reported already: `use nets.cnn`, `from std import resnet`."""
    if before.startswith("from"):
        return bool(re.match(r"[\w.]*[ \t]+import\b", after)) and bool(_BARE_FILE.fullmatch(before))
    return bool(_BARE_FILE.fullmatch(before)) and not _SHIPPED.fullmatch(before)


def _string(span: Span) -> Diagnostic:
    text = shortened(span.text.rstrip())
    word = ", or a word such as `same` without quotes"
    if _USE.fullmatch(span.source.text[: span.start].rpartition("\n")[2]):
        word = ""
    return Diagnostic(
        codes.STRING_OPEN,
        "this string has no end",
        span,
        'expected a closing " on the same line',
        hint=f'write `{text}"`{word}',
    )


def _number(span: Span) -> Diagnostic:
    text = span.text
    if text.startswith(".") and span.source.text[span.start - 1 : span.start].isidentifier():
        return Diagnostic(
            codes.BAD_NUMBER,
            f"`{shortened(text)}` cannot follow a name",
            span,
            "expected a label after the point",
            hint="a value in a group is read by its label: write `name: ...` before the layer",
        )
    return Diagnostic(
        codes.BAD_NUMBER,
        f"`{shortened(text)}` is neither a number nor a size",
        span,
        "expected a number such as 64 or 0.5, or a size such as 3x3",
        hint=_number_hint(text) if len(text) < 100 else "",
    )


def _number_hint(text: str) -> str:
    symbolic = re.fullmatch(r"((?:[0-9]+x)+)([A-Za-z_]\w*)?", text)
    if symbolic and (symbolic[2] or symbolic[1].count("x") > 1):
        spaced = symbolic[1].replace("x", " x ") + (symbolic[2] or "...")
        return f"with a name or a sum in it, a size is written with spaces: `{spaced}`"
    for pattern, meant in _SLIPS:
        if re.fullmatch(pattern, text):
            return f"write `{meant(text)}`"
    if re.fullmatch(r"[0-9]+x", text):
        return f"a size has no spaces: `{text}3`"
    if ends := re.fullmatch(r"([0-9]+)\.\.+([0-9]+)", text):
        return f"`range({ends[1]}, {int(ends[2]) + 1})` gives {ends[1]} to {ends[2]}"
    if re.fullmatch(r"[0-9.]+[eE]", text):
        return f"after the `e` comes a number: `{text}-3`"
    if re.fullmatch(r"[0-9.x]+", text) and "x" in text:
        return "a size is made of whole numbers"
    return "a name cannot start with a digit" if re.fullmatch(r"[0-9]\w*", text) else ""


_SLIPS = (
    (r"[0-9]+(X[0-9]+)+", str.lower),
    (r"[0-9]+(_[0-9]+)+", lambda text: text.replace("_", "")),
    (r"[0-9]+\.", lambda text: text + "0"),
    (r"\.[0-9]+", lambda text: "0" + text),
)
"""Numbers that are right in other languages, and how they are written here."""


def _character(span: Span, run: Span) -> Diagnostic:
    text = run.text if len(run.text) < 4 and not span.text.isalnum() else span.text
    mark = span if text == span.text else run
    return Diagnostic(
        codes.STRAY_CHARACTER,
        f"{_named(text)} is no part of the language",
        mark,
        "not expected here",
        hint=_character_hint(span.text),
    )


def _character_hint(character: str) -> str:
    if character == "?":
        return "one of two values is written as in Python: `8 if wide else 4`"
    if character in MEANT:
        return MEANT[character]
    if character in QUOTES:
        return "leave it out: words such as `same` are written without quotes"
    if unicodedata.category(character) == "Zs":
        return "write a plain space"
    if character.isalpha():
        return "write the word with the letters a to z"
    return "remove it"


def _named(text: str) -> str:
    """The text; a character that cannot be seen or told from another, by its name."""
    if text.isascii() and text.isprintable():
        return f"`{text}`"
    name = f"U+{ord(text[0]):04X} {unicodedata.name(text[0], 'CONTROL CHARACTER')}"
    return f"`{text}` ({name})" if text.isprintable() else name
