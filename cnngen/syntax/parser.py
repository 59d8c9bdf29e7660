"""Text to tree. Reads past mistakes: all of a file's syntax errors come in one run."""

from __future__ import annotations

import os
import re
import threading
from functools import cache
from typing import Any

from cnngen.diagnostics import Diagnostic, codes
from cnngen.source import Source, Span
from cnngen.syntax import ast, mistakes
from cnngen.syntax.builder import Builder
from cnngen.syntax.lark_adapter import (
    END,
    Parser,
    ParserState,
    Token,
    UnexpectedToken,
    rule_of,
)
from cnngen.syntax.lexical import TERMINALS, Lexical

MOST_TOKENS = 500_000
"""Words, signs and lines of a file. Read within seconds; ten thousand layers take a tenth."""

MOST_SYNTAX_ERRORS = 20
OPENING = ("LSQB", "INDEX", "CALL", "LPAR")
CLOSING = ("RSQB", "RPAR")


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
    parser = _parser()
    with parser.lock:
        return parser.lex(source)


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
    """One Lark parser per process: its tables cost more than most files take to read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.builder = Builder()
        self.parser = Parser(
            read_grammar(),
            start=("start", "settings"),
            transformer=self.builder,
            on_token=dict.fromkeys(TERMINALS, self._lexical),
        )

    def parse(self, source: Source) -> tuple[ast.File, list[Diagnostic]]:
        unreadable = _unreadable(source)
        if unreadable:
            return ast.File(source, (), broken=True), [unreadable]
        self._begin(source)
        try:
            definitions: Any = self.parser.parse(source.text, start="start")
        except UnexpectedToken as error:
            definitions = self._go_on(error)
        if len(self.found) >= MOST_SYNTAX_ERRORS:
            self.broken, definitions = True, ()
        return ast.File(source, definitions, self.broken), self.found

    def parse_settings(self, source: Source) -> tuple[tuple[ast.Argument, ...], list[Diagnostic]]:
        unreadable = _unreadable(source)
        if unreadable:
            return (), [unreadable]
        self._begin(source)
        try:
            arguments: Any = self.parser.parse(source.text, start="settings")
        except UnexpectedToken as error:
            self._report(mistakes.unexpected(self._mistake(error)))
            arguments = ()
        return arguments, self.found

    def lex(self, source: Source) -> list[Token]:
        self._begin(source)
        return self.parser.lex(source.text)

    def _begin(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.broken = False
        self.lexical = Lexical(source)
        self.builder.source = source
        self.builder.report = self._report_number

    def _lexical(self, token: Token) -> Token:
        if len(self.found) < MOST_SYNTAX_ERRORS:
            diagnostic = self.lexical.diagnostic(token)
            if diagnostic:
                self.found.append(diagnostic)
        return token

    def _report_number(self, diagnostic: Diagnostic) -> None:
        if len(self.found) < MOST_SYNTAX_ERRORS:
            self.found.append(diagnostic)

    # --- recovery ----------------------------------------------------------------------------

    def _go_on(self, error: UnexpectedToken) -> object:
        """Report, skip to the next line or brace, resume; until the end or too many."""
        for _ in range(MOST_SYNTAX_ERRORS):
            mistake = self._mistake(error)
            self._report(mistakes.unexpected(mistake))
            if len(self.found) >= MOST_SYNTAX_ERRORS or error.token.type == END:
                break
            try:
                if not self._read_as_meant(error, mistake):
                    self._skip(error, mistake)
                return error.state.resume()
            except UnexpectedToken as another:
                error = another
        self.broken = True
        return _definitions_so_far(error.state)

    def _mistake(self, error: UnexpectedToken) -> mistakes.Mistake:
        state = error.state
        definitions = _definitions_so_far(state)
        bodies = [d for d in definitions if isinstance(d, (ast.Network, ast.Block))]
        return mistakes.mistake(
            self.source,
            error.token,
            state.accepted(),
            _opened(self.source.text, state.values),
            bodies[-1] if bodies else None,
        )

    def _report(self, diagnostic: Diagnostic) -> None:
        """Keep a syntax error, unless its line has been complained about already."""
        lines = {d.span.line for d in self.found if d.span}
        if diagnostic.span is None or diagnostic.span.line not in lines:
            self.found.append(diagnostic)

    def _read_as_meant(self, error: UnexpectedToken, mistake: mistakes.Mistake) -> bool:
        """Read ``elif``, or a ``)`` alone on its line, as what it means: the rest then fits."""
        meant: tuple[str, ...] = ()
        if str(error.token) in mistakes.ELIF:
            meant = ("ELSE", "IF")
        elif mistake.kind in CLOSING and mistake.stands_alone and not mistake.bracket:
            meant = ("RBRACE",)
        if not meant or meant[0] not in mistake.expected:
            return False
        for kind in meant:
            token = Token(kind, "", mistake.start, end_pos=mistake.end)
            error.state.feed(token)
        return True

    def _skip(self, error: UnexpectedToken, mistake: mistakes.Mistake) -> None:
        """Drop what cannot be read, leave a ``Broken`` statement, stop where reading goes on."""
        state, token = error.state, error.token
        starts_anew = _starts_definition(self.source, token) and not mistake.nested
        brackets = _unwind(state, "definition" if starts_anew else None)
        starts_line = token.type == "_NL" or not mistake.before
        if starts_line and not (mistake.bracket and mistake.bracket_is_closed):
            brackets = 0
        inside = state.starts("statement")
        if inside:
            self._leave_broken(state, token)
        else:
            self.broken = True
        start, depth = token, 0
        tokens = state.remaining()
        while token.type != END:
            kind = token.type
            if (starts_anew or token is not start) and _starts_definition(self.source, token):
                break
            if inside and depth == 0 and kind == "RBRACE":
                break
            if inside and depth == 0 and kind == "LBRACE" and not mistake.nested:
                break
            if inside and kind == "_NL" and depth == 0 and brackets <= 0:
                break
            depth += (kind == "LBRACE") - (kind == "RBRACE" and depth > 0)
            brackets += (kind in OPENING) - (kind in CLOSING)
            token = next(tokens, Token(END, "", start.start_pos))
        self._resume_at(state, token, inside)

    def _leave_broken(self, state: ParserState, token: Token) -> None:
        span = Span(self.source, token.start_pos or 0, token.end_pos or 0)
        state.put("statement", ast.Broken(span))

    def _resume_at(self, state: ParserState, token: Token, inside: bool) -> None:
        if token.type == END:
            return
        if token.type == "LBRACE" and inside:
            state.feed(Token("_NL", "\n"))
        if inside or token.type != "_NL":
            state.feed(token)


def _starts_definition(source: Source, token: Token) -> bool:
    """Whether a definition starts here; ``block`` and ``use`` may be meant as names elsewhere."""
    start = token.start_pos or 0
    line = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    return token.type == "NETWORK" or (token.type in mistakes.DEFINITIONS and not line.strip())


def _definitions_so_far(state: ParserState) -> tuple[ast.Definition, ...]:
    """The definitions read before the error."""
    return tuple(item for item in state.flattened() if isinstance(item, ast.Definition))


def _unwind(state: ParserState, goal: str | None) -> int:
    """Pop to the innermost place where a statement or definition may start.

    Returns the number of brackets that were open in what was popped.
    """
    goals = (goal,) if goal else ("statement", "definition")
    brackets = braces = 0
    while (braces or not any(map(state.starts, goals))) and not state.is_empty:
        kind = getattr(state.pop(), "type", "")
        brackets += (kind in OPENING) - (kind in CLOSING)
        braces += (kind == "RBRACE") - (kind == "LBRACE" and braces > 0)
    return brackets


def _opened(text: str, values: list[Any]) -> list[Token]:
    """The braces and brackets that are open, outermost first."""
    found = []
    before = 0
    for value in values:
        if isinstance(value, Token):
            if value.type in (*OPENING, "LBRACE"):
                found.append(value)
            elif value.type in (*CLOSING, "RBRACE") and found:
                found.pop()
            before = value.end_pos or 0
        elif rule_of(value) == "_open":
            start = text.index("(", before)
            found.append(Token("LPAR", "(", start, end_pos=start + 1))
    return found


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
