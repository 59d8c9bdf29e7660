"""Text to tree. Reads past mistakes: all of a file's syntax errors come in one run."""

from __future__ import annotations

import os
import sys
import threading
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedToken

from cnngen.diagnostics import Diagnostic
from cnngen.source import Source, Span
from cnngen.syntax import ast, explain
from cnngen.syntax.builder import Builder
from cnngen.user_cache import cache_folder

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
        folder = cache_folder()
        version = "{}{}".format(*sys.version_info)
        reports = dict.fromkeys(explain.LEXICAL, self._lexical)
        self.lark = Lark(
            read_grammar(),
            parser="lalr",
            start=["start", "settings"],
            lexer="basic",
            maybe_placeholders=False,
            transformer=self.builder,
            lexer_callbacks=reports,
            cache=os.path.join(folder, f"grammar-{version}.lark") if folder else False,
        )

    def parse(self, source: Source) -> tuple[ast.File, list[Diagnostic]]:
        self._begin(source)
        try:
            definitions: Any = self.lark.parse(source.text, start="start")
        except UnexpectedToken as error:
            definitions = self._go_on(error)
        return ast.File(source, definitions, self.broken), self.found

    def parse_settings(self, source: Source) -> tuple[tuple[ast.Argument, ...], list[Diagnostic]]:
        self._begin(source)
        try:
            arguments: Any = self.lark.parse(source.text, start="settings")
        except UnexpectedToken as error:
            self._report(error)
            arguments = ()
        return arguments, self.found

    def _begin(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self.broken = False
        self.builder.source = source
        self.builder.report = self.found.append

    def _lexical(self, token: Token) -> Token:
        self.found.append(explain.lexical(self.source, token))
        return token

    # --- recovery ----------------------------------------------------------------------------

    def _go_on(self, error: UnexpectedToken) -> object:
        """Report, skip to the next line or brace, resume; until the end or too many."""
        while True:
            self._report(error)
            if len(self.found) >= MOST_SYNTAX_ERRORS or error.token.type == "$END":
                self.broken = True
                return self._definitions_so_far(error)
            try:
                self._skip(error)
                resumed: object = error.interactive_parser.resume_parse()  # type: ignore[no-untyped-call]
                return resumed
            except UnexpectedToken as another:
                another.interactive_parser = error.interactive_parser
                error = another

    def _report(self, error: UnexpectedToken) -> None:
        """Explain the error, unless its line has been complained about already."""
        diagnostic = explain.unexpected(self.source, error, _open_braces(error))
        lines = {d.span.line for d in self.found if d.span}
        if diagnostic.span is None or diagnostic.span.line not in lines:
            self.found.append(diagnostic)

    def _definitions_so_far(self, error: UnexpectedToken) -> tuple[ast.Definition, ...]:
        """The definitions read before the error; repetitions of the grammar hold several."""
        values = error.interactive_parser.parser_state.value_stack
        flat = [item for value in values for item in getattr(value, "children", [value])]
        return tuple(item for item in flat if isinstance(item, ast.Network | ast.Variant))

    def _skip(self, error: UnexpectedToken) -> None:
        """Drop what cannot be read, leave a ``Broken`` statement, stop where reading goes on."""
        state = error.interactive_parser.parser_state
        token: Token = error.token
        goal = "definition" if token.type == "NETWORK" else None
        brackets = _unwind(state, goal)
        if token.type == "_NL":
            brackets = 0
        inside = "statement" in _actions(state)
        if inside:
            self._leave_broken(state, token)
        else:
            self.broken = True
        start, depth = token, 0
        tokens = error.interactive_parser.lexer_thread.lex(state)  # type: ignore[no-untyped-call]
        while token.type != "$END":
            kind = token.type
            if kind == "NETWORK" and depth == 0 and token is not start or goal:
                break
            if inside and depth == 0 and kind in ("LBRACE", "RBRACE"):
                break
            if kind == "_NL" and depth == 0 and brackets <= 0:
                break
            depth += (kind == "LBRACE") - (kind == "RBRACE" and depth > 0)
            brackets += (kind in OPENING) - (kind in CLOSING)
            token = next(tokens, Token("$END", "", start.start_pos))
        self._resume_at(state, token, inside)

    def _leave_broken(self, state: Any, token: Token) -> None:
        span = Span(self.source, token.start_pos or 0, token.end_pos or 0)
        _shift(state, "statement", ast.Broken(span))

    def _resume_at(self, state: Any, token: Token, inside: bool) -> None:
        if token.type == "$END":
            return
        if token.type == "LBRACE" and inside:
            state.feed_token(Token("_NL", "\n"))
        if inside or token.type != "_NL":
            state.feed_token(token)


def _actions(state: Any) -> dict[str, Any]:
    """What the parser may read next: terminals, and the rules that may start here."""
    actions: dict[str, Any] = state.parse_conf.states[state.state_stack[-1]]
    return actions


def _unwind(state: Any, goal: str | None) -> int:
    """Pop to the innermost place where a statement or definition may start.

    Returns the number of brackets that were open in what was popped.
    """
    goals = {goal} if goal else {"statement", "definition"}
    brackets = 0
    while not goals & _actions(state).keys() and len(state.state_stack) > 1:
        state.state_stack.pop()
        value = state.value_stack.pop()
        kind = getattr(value, "type", "")
        brackets += (kind in OPENING) - (kind in CLOSING)
    return brackets


def _shift(state: Any, rule: str, value: object) -> None:
    _action, target = _actions(state)[rule]
    state.state_stack.append(target)
    state.value_stack.append(value)


def _open_braces(error: UnexpectedToken) -> list[Token]:
    """The braces that are open where the error stands, outermost first."""
    values = error.interactive_parser.parser_state.value_stack
    return [v for v in values if isinstance(v, Token) and v.type == "LBRACE"]
