"""Reads on behind syntax errors: all of a file's come in one run."""

from __future__ import annotations

from typing import Any

from cnngen.diagnostics import Diagnostic
from cnngen.source import Source, Span
from cnngen.syntax import ast, mistakes
from cnngen.syntax.lalr import END, ParserState, Token, UnexpectedToken, rule_of
from cnngen.syntax.lexical import MOST_SYNTAX_ERRORS

OPENING = ("LSQB", "INDEX", "CALL", "LPAR")
CLOSING = ("RSQB", "RPAR")


class Recovery:
    """Explains what does not fit and goes on with the next line or brace.

    Args:
        source: the text that is parsed.
        found: its mistakes so far, which those found here are added to.

    Attributes:
        broken: whether more than statements is missing in what could be read.
    """

    def __init__(self, source: Source, found: list[Diagnostic]) -> None:
        self.source = source
        self.found = found
        self.broken = False

    def read_on(self, error: UnexpectedToken) -> object:
        """Report, skip to the next line or brace, resume; until the end or too many."""
        for _ in range(MOST_SYNTAX_ERRORS):
            mistake = self.report(error)
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

    def report(self, error: UnexpectedToken) -> mistakes.Mistake:
        """Keep a syntax error, unless its line has been complained about already."""
        mistake = self._mistake(error)
        diagnostic = mistakes.unexpected(mistake)
        lines = {d.span.line for d in self.found if d.span}
        if diagnostic.span is None or diagnostic.span.line not in lines:
            self.found.append(diagnostic)
        return mistake

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

    def _read_as_meant(self, error: UnexpectedToken, mistake: mistakes.Mistake) -> bool:
        """Read ``elif``, or a ``)`` alone on its line, as what it means: the rest then fits."""
        meant: tuple[str, ...] = ()
        if error.token.value in mistakes.ELIF:
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
        span = Span(self.source, token.start_pos, token.end_pos)
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
    if token.type not in mistakes.DEFINITIONS:
        return token.type == "NETWORK"
    start = token.start_pos
    line = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    return token.type == "NETWORK" or not line.strip()


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
            before = value.end_pos
        elif rule_of(value) == "_open":
            start = text.index("(", before)
            found.append(Token("LPAR", "(", start, end_pos=start + 1))
    return found
