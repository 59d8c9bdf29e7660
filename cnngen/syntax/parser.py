"""Text to tree, with the syntax errors; where there are any, ``recovery`` reads on."""

from __future__ import annotations

import os
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from cnngen.diagnostics import Diagnostic, codes
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.builder import Builder
from cnngen.syntax.lalr import Parser, Token, UnexpectedToken
from cnngen.syntax.lark_adapter import load_tables
from cnngen.syntax.lexical import MOST_SYNTAX_ERRORS, TERMINALS, Lexical

if TYPE_CHECKING:
    from cnngen.syntax.recovery import Recovery

MOST_TOKENS = 500_000
"""Words, signs and lines of a file. Read within seconds; ten thousand layers take a tenth."""


def parse(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """The tree of ``source`` and its syntax errors; what could not be read is ``Broken``."""
    parser = _parser()
    with parser.lock:
        return parser.parse(source)


def parse_settings(source: Source) -> tuple[tuple[ast.Argument, ...], list[Diagnostic]]:
    """The arguments of ``--set``, written as in a variant: ``classes=100 depths=[2, 2]``."""
    parser = _parser()
    with parser.lock:
        return parser.parse_settings(source)


def lex(source: Source) -> list[Token]:
    """Every token of ``source``, in order and without gaps: blanks, comments and strays too."""
    return list(_parser().parser.lex(source.text))


def read_grammar() -> str:
    """``cnn.lark``: inside the package once installed, beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(__file__))
    path = os.path.join(package, "grammar", "cnn.lark")
    if not os.path.exists(path):
        path = os.path.join(os.path.dirname(package), "grammar", "cnn.lark")
    with open(path, encoding="utf-8") as file:
        return file.read()


@cache
def _parser() -> _Parser:
    return _Parser()


class _Parser:
    """One parser per process: its tables cost more than most files take to read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.builder = Builder()
        tables = load_tables(read_grammar(), ("start", "settings"))
        self.parser = Parser(tables, self.builder, dict.fromkeys(TERMINALS, self._lexical))

    def parse(self, source: Source) -> tuple[ast.File, list[Diagnostic]]:
        unreadable = _unreadable(source)
        if unreadable:
            return ast.File(source, (), broken=True), [unreadable]
        self._begin(source)
        broken = False
        try:
            definitions: Any = self.parser.parse(source.text, start="start")
        except UnexpectedToken as error:
            recovery = self._recovery()
            definitions = recovery.read_on(error)
            broken = recovery.broken
        if len(self.found) >= MOST_SYNTAX_ERRORS:
            broken, definitions = True, ()
        return ast.File(source, definitions, broken), self.found

    def parse_settings(self, source: Source) -> tuple[tuple[ast.Argument, ...], list[Diagnostic]]:
        unreadable = _unreadable(source)
        if unreadable:
            return (), [unreadable]
        self._begin(source)
        try:
            arguments: Any = self.parser.parse(source.text, start="settings")
        except UnexpectedToken as error:
            self._recovery().report(error)
            arguments = ()
        return arguments, self.found

    def _begin(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.lexical = Lexical(source)
        self.builder.source = source
        self.builder.report = self._report_number

    def _recovery(self) -> Recovery:
        # Only where there is a mistake: it costs a start.
        from cnngen.syntax.recovery import Recovery

        return Recovery(self.source, self.found)

    def _lexical(self, token: Token) -> None:
        if len(self.found) < MOST_SYNTAX_ERRORS:
            diagnostic = self.lexical.diagnostic(token)
            if diagnostic:
                self.found.append(diagnostic)

    def _report_number(self, diagnostic: Diagnostic) -> None:
        if len(self.found) < MOST_SYNTAX_ERRORS:
            self.found.append(diagnostic)


def _unreadable(source: Source) -> Diagnostic | None:
    """Why the text as a whole is not read, if it is not."""
    try:
        source.text.encode("utf-8")
    except UnicodeEncodeError as error:
        return _half(Span(source, error.start, error.start + 1))
    return _too_long(source) if _is_too_long(source.text) else None


def _half(span: Span) -> Diagnostic:
    """A surrogate, which no file can hold; programs and arguments of the command line can."""
    return Diagnostic(
        codes.STRAY_CHARACTER,
        f"U+{ord(span.text):04X} is half of a character, which no text in UTF-8 can hold",
        span,
        "not expected here",
        hint="remove it",
    )


def _is_too_long(text: str) -> bool:
    if len(text) <= MOST_TOKENS:
        return False
    return len(_TOKENS.findall(_COMMENTS.sub("", text))) > MOST_TOKENS


_COMMENTS = re.compile(r"#[^\n]*")
_TOKENS = re.compile(r'"[^"\n]*"|\w+|[^\w \t]', re.ASCII)


def _too_long(source: Source) -> Diagnostic:
    return Diagnostic(
        codes.FILE_TOO_LARGE,
        f"the file has more than {MOST_TOKENS:,} words, signs and lines: {source.path}",
        path=source.path,
        hint="is it a source? use `repeat` or `for` for what is written many times",
    )
