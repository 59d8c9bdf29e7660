"""Syntax errors in the user's terms: each likely mistake by its own name, with what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lark import Token, UnexpectedToken

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.source import Source, Span

LEXICAL = ("STRAY", "BAD_NUMBER", "BAD_STRING")
"""Terminals that match what is no part of the language; they are reported and left out."""

STAND_INS = {"×": "x", "−": "-", "–": "-", "→": "->", "“": '"', "”": '"', "≤": "<=", "≥": ">="}
"""Characters that word processors put in the place of the language's own."""

WORDS = {
    "_NL": "the end of the line",
    "$END": "the end of the file",
    "NAME": "a name",
    "INT": "a number",
    "FLOAT": "a number",
    "SIZE": "a size",
    "STRING": "a string",
}
"""What a terminal is called; one that is missing here is shown as it is written."""

SIGNS = {
    "EQUAL": "=",
    "COMMA": ",",
    "COLON": ":",
    "ARROW": "->",
    "LBRACE": "{",
    "RBRACE": "}",
    "RPAR": ")",
    "RSQB": "]",
    "X": "x",
    "IN": "in",
}

VALUE_FOLLOWS = {"repeat", "if", "in", "not", "and", "or", "input", "x"}
"""Keywords that a value must follow."""

VALUES = {"INT", "FLOAT", "SIZE", "STRING", "NAME", "LSQB", "LPAR", "TRUE", "FALSE"}


class Mistake(NamedTuple):
    """Where the parser stopped: the token, what stands before it on its line, what it could read."""

    source: Source
    token: Token
    before: str
    expected: frozenset[str]
    braces: Sequence[Token]

    @property
    def span(self) -> Span:
        """The token; at the end of a line or of the file, the place just before it."""
        start = self.token.start_pos or 0
        if self.token.type == "$END":
            start = len(self.source.text.rstrip())
            return Span(self.source, max(start - 1, 0), start)
        if self.token.type == "_NL":
            return Span(self.source, start, start + 1)
        return Span(self.source, start, self.token.end_pos or start + 1)

    @property
    def kind(self) -> str:
        """The token's terminal."""
        return str(self.token.type)


def lexical(source: Source, token: Token) -> Diagnostic:
    """A character, number or string that is no part of the language."""
    span = Span(source, token.start_pos or 0, token.end_pos or 0)
    text = str(token)
    if token.type == "BAD_STRING":
        return Diagnostic(
            codes.STRING_OPEN,
            "this string has no end",
            span,
            'expected a closing " on the same line',
            hint=f'write {text.rstrip()}"',
        )
    if token.type == "BAD_NUMBER":
        return Diagnostic(
            codes.BAD_NUMBER,
            f"`{_short(text)}` is neither a number nor a size",
            span,
            "expected a number such as 64 or 0.5, or a size such as 3x3",
            hint=_number_hint(text),
        )
    return Diagnostic(
        codes.STRAY_CHARACTER,
        f"{_character(text)} is no part of the language",
        span,
        "not expected here",
        hint=f"write `{STAND_INS[text]}`" if text in STAND_INS else "remove it",
    )


def unexpected(source: Source, error: UnexpectedToken, braces: Sequence[Token]) -> Diagnostic:
    """The first of ``MISTAKES`` that fits, else what was expected and what was found."""
    start = error.token.start_pos or 0
    line_start = source.text.rfind("\n", 0, start) + 1
    before = source.text[line_start:start].rstrip()
    mistake = Mistake(source, error.token, before, frozenset(error.expected), braces)
    for explain in MISTAKES:
        diagnostic = explain(mistake)
        if diagnostic is not None:
            return diagnostic
    return _anything(mistake)


def _brace_open(m: Mistake) -> Diagnostic | None:
    if not m.braces or m.kind not in ("$END", "NETWORK"):
        return None
    brace = m.braces[-1]
    span = Span(m.source, brace.start_pos or 0, brace.end_pos or 0)
    here = "the file ends" if m.kind == "$END" else "another network starts"
    return Diagnostic(
        codes.BRACE_OPEN,
        "this `{` is never closed",
        span,
        "expected a `}` for this one",
        hint=f"add the missing `}}` before {here}",
        related=(Related(m.span, f"{here} here"),),
    )


def _brace_extra(m: Mistake) -> Diagnostic | None:
    if m.kind != "RBRACE" or m.braces:
        return None
    return Diagnostic(
        codes.BRACE_EXTRA,
        "this `}` closes nothing",
        m.span,
        "no brace is open here",
        hint="remove it, or look for a `}` too many further up",
    )


def _comma_in_arguments(m: Mistake) -> Diagnostic | None:
    after_comma = m.before.endswith(",") and m.kind in VALUES - {"NAME"}
    named = re.search(r"(.*),\s*\w+$", m.before) if m.kind == "EQUAL" else None
    if not m.braces or not (after_comma or named):
        return None
    comma = m.before.rindex(",")
    offset = m.source.text.rfind("\n", 0, m.token.start_pos or 0) + 1 + comma
    return Diagnostic(
        codes.COMMA_IN_ARGUMENTS,
        "a comma starts the next layer; arguments are separated by spaces",
        Span(m.source, offset, offset + 1),
        "expected a space",
        hint=f"write `{m.before[:comma].strip()} {_rest_of_item(m, offset + 1)}`",
    )


def _rest_of_item(m: Mistake, start: int) -> str:
    """From ``start`` to the next comma, arrow or comment."""
    line = m.source.text[start:].split("\n", 1)[0]
    return re.split(r",|->|#|\{|\}", line, maxsplit=1)[0].strip()


def _outside_network(m: Mistake) -> Diagnostic | None:
    if m.braces or m.before or "NETWORK" not in m.expected or m.kind in ("_NL", "$END"):
        return None
    return Diagnostic(
        codes.OUTSIDE_NETWORK,
        f"{_found(m)} stands outside every network",
        m.span,
        "expected `network`",
        hint="put it between the braces of `network Name { ... }`",
    )


def _call_style(m: Mistake) -> Diagnostic | None:
    word = re.search(r"(?:^|[{,:])\s*([A-Za-z_]\w*)$", m.before)
    if m.kind != "CALL" or not word or not m.braces:
        return None
    return Diagnostic(
        codes.CALL_STYLE,
        f"the arguments of `{word[1]}` follow it without parentheses",
        m.span,
        "expected a space",
        hint=f"for example `{word[1]} 64 3x3 stride=2`; `cnngen layers {word[1]}` lists them",
    )


def _label_with_equals(m: Mistake) -> Diagnostic | None:
    word = re.fullmatch(r"\s*([A-Za-z_]\w*)", m.before)
    if m.kind != "EQUAL" or not word or not m.braces or m.expected == {"NAME"}:
        return None
    return Diagnostic(
        codes.LABEL_WITH_EQUALS,
        f"`{word[1]} =` cannot start a line",
        m.span,
        "expected `:` after a label",
        hint=f"write `{word[1]}: ...` to name a layer, `let {word[1]} = ...` to name a value",
    )


def _else_alone(m: Mistake) -> Diagnostic | None:
    if m.kind != "ELSE":
        return None
    return Diagnostic(
        codes.ELSE_ALONE,
        "`else` has no `if` before it on its line",
        m.span,
        "expected on the line of the closing brace",
        hint="write `} else {`",
    )


def _signed_argument(m: Mistake) -> Diagnostic | None:
    word = re.search(r"(?:^|[{,:])\s*([A-Za-z_]\w*)$", m.before)
    if m.kind not in ("MINUS", "PLUS") or not word:
        return None
    return Diagnostic(
        codes.SIGNED_ARGUMENT,
        "a positional argument cannot start with a sign",
        m.span,
        "expected a number or a name",
        hint="write the argument as `name=-1`, or in parentheses, `(-1)`",
    )


def _missing_name(m: Mistake) -> Diagnostic | None:
    if m.expected != {"NAME"}:
        return None
    after = m.before.split()[-1] if m.before.split() else "this"
    return Diagnostic(
        codes.MISSING_NAME,
        f"expected a name after `{after}`, found {_found(m)}",
        m.span,
        "expected a name",
        hint="a name starts with a letter and goes on with letters, digits and _",
    )


def _missing_value(m: Mistake) -> Diagnostic | None:
    last = re.search(r"(\w+|->|[^\w\s]+)$", m.before)
    after = last[1] if last else ""
    wants_value = after in VALUE_FOLLOWS or not re.fullmatch(r"\w*", after)
    if not wants_value or "INT" not in m.expected or m.kind in VALUES:
        return None
    shape = after in ("->", "input")
    return Diagnostic(
        codes.MISSING_VALUE,
        f"expected a {'shape' if shape else 'value'} after `{after}`, found {_found(m)}",
        m.span,
        "expected HxWxC or a number" if shape else "expected a value",
        hint="for example `28x28x6`" if shape else "",
    )


def _anything(m: Mistake) -> Diagnostic:
    wanted = _expected(m.expected)
    return Diagnostic(
        codes.UNEXPECTED,
        f"{_found(m)} does not fit here",
        m.span,
        f"expected {wanted}" if wanted else "not expected here",
        hint=_generic_hint(m),
    )


MISTAKES: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    _brace_open,
    _brace_extra,
    _outside_network,
    _comma_in_arguments,
    _call_style,
    _label_with_equals,
    _else_alone,
    _signed_argument,
    _missing_name,
    _missing_value,
)


def _generic_hint(m: Mistake) -> str:
    if m.kind == "COLON":
        return "a label names one layer or one group: `conv1: conv 64 3x3`"
    if m.kind == "NETWORK":
        return "a network starts on a line of its own"
    if "ARROW" in m.expected and m.kind in VALUES | {"LBRACE"}:
        return "a comma or a new line starts the next layer"
    return ""


def _expected(expected: frozenset[str]) -> str:
    """The two or three things that fit; nothing where the list would say too much."""
    names = sorted({WORDS.get(e) or f"`{SIGNS[e]}`" for e in expected if e in WORDS or e in SIGNS})
    return " or ".join(names) if len(names) <= 4 else ""


def _found(m: Mistake) -> str:
    return WORDS[m.kind] if m.kind in ("_NL", "$END") else f"`{_short(str(m.token))}`"


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _number_hint(text: str) -> str:
    symbolic = re.fullmatch(r"([0-9]+)x([A-Za-z_]\w*)", text)
    if symbolic:
        return f"with a name in it, a size is written with spaces: `{symbolic[1]} x {symbolic[2]}`"
    if re.fullmatch(r"[0-9]+(X[0-9]+)+", text):
        return f"write `{text.lower()}`"
    if re.fullmatch(r"[0-9]+\.", text):
        return f"write `{text}0`"
    return "a name cannot start with a digit" if re.fullmatch(r"[0-9]\w*", text) else ""


def _character(text: str) -> str:
    """The character, or its name where it could not be seen."""
    if text.isprintable():
        return f"`{text}`"
    import unicodedata

    return f"U+{ord(text):04X} {unicodedata.name(text, 'CONTROL CHARACTER')}"
