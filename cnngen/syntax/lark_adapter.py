"""Lark, and what the parser uses of its inside: no other module imports it.

Lark stops at the first token that does not fit. To read on, the parser drops what is half read,
puts a broken statement in its place and resumes; for that it needs the stacks and the table of
Lark's LALR parser, which are not part of Lark's documented interface. All of that is here and in
terms of LALR parsing; the range of versions in pyproject.toml is the one whose oldest and newest
release pass ``tests/syntax/test_lark_adapter.py``.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import lark
from lark import Lark, Token, Transformer, Tree
from lark import UnexpectedToken as _LarkUnexpectedToken
from lark.grammar import Rule

from cnngen.user_cache import PYTHON, read_cache, write_cache

__all__ = ["END", "Parser", "ParserState", "Token", "Transformer", "UnexpectedToken", "rule_of"]

FILE = f"grammar-{PYTHON}"
"""The tables in the user's cache."""

OPTIONS: dict[str, Any] = {"parser": "lalr", "lexer": "basic", "maybe_placeholders": False}

END = "$END"
"""The terminal of the end of the text."""


class UnexpectedToken(Exception):  # noqa: N818 - an error of the text, not of the program
    """A token that nothing in the grammar allows where it stands.

    Attributes:
        token: the token; at the end of the text, one of the terminal ``END``.
        state: where the parser stopped, to change and to resume.
    """

    def __init__(self, token: Token, state: ParserState) -> None:
        super().__init__(token)
        self.token = token
        self.state = state


class Parser:
    """An LALR parser of a grammar that has several start rules.

    Args:
        grammar: the text of the grammar.
        start: the rules that a text may be parsed as.
        transformer: makes a value of each rule that it has a method for, as soon as it is read.
        on_token: what is called with each token of a terminal, ignored ones too.

    The tables are kept in the user's cache. Lark has a cache of its own, which unpickles whatever
    it finds.
    """

    def __init__(
        self,
        grammar: str,
        start: tuple[str, ...],
        transformer: Transformer[Token, Any],
        on_token: Mapping[str, Callable[[Token], Token]],
    ) -> None:
        live = {"transformer": transformer, "lexer_callbacks": dict(on_token)}
        self._lark = _load(grammar, {**OPTIONS, "start": list(start)}, live)
        _find_rules_by_identity(self._lark)

    def parse(self, text: str, start: str) -> Any:
        """The value that the transformer makes of ``text``, read as the rule ``start``.

        Raises:
            UnexpectedToken: ``text`` is no ``start``.
        """
        try:
            return self._lark.parse(text, start=start)
        except _LarkUnexpectedToken as error:
            raise UnexpectedToken(error.token, ParserState(error)) from error

    def lex(self, text: str) -> list[Token]:
        """Every token of ``text``, ignored ones too."""
        return list(self._lark.lex(text, dont_ignore=True))


def _load(grammar: str, options: dict[str, Any], live: dict[str, Any]) -> Lark:
    """The parser of a grammar, from the cache where it is there; ``live`` is no part of that."""
    version = hashlib.sha256(f"{lark.__version__} {options} {grammar}".encode()).hexdigest()
    kept = read_cache(FILE, version)
    if kept is not None:
        tables = pickle.loads(kept)
        return Lark._load_from_dict(tables["data"], tables["memo"], **live)  # type: ignore
    made = Lark(grammar, **options, **live)
    _skip_unit_reductions(made)
    out = io.BytesIO()
    made.save(out, tuple(live))
    write_cache(FILE, version, out.getvalue())
    return made


class _Rule(Rule):
    """A rule that is equal to itself alone."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


def _find_rules_by_identity(parser: Lark) -> None:
    """Have each reduction find its callback without a hash that is worked out in Python."""
    callbacks: dict[Any, Any] = parser.parser.parser.parser.callbacks
    found = list(callbacks.items())
    callbacks.clear()
    for rule, _ in found:
        if isinstance(rule, Rule):
            rule.__class__ = _Rule
    callbacks.update(found)


def _skip_unit_reductions(parser: Lark) -> None:
    """Lead the table past the states that do nothing but reduce ``?rule: other_rule``.

    Such a reduction gives the value that it takes, whatever follows. An expression has one for
    each level of precedence, which together are half the work of parsing.
    """
    states: dict[Any, dict[str, Any]] = parser.parser.parser._parse_table.states
    unit: dict[Any, str] = {}
    for state, row in states.items():
        reduced = {argument for _, argument in row.values()}
        rule = reduced.pop() if len(reduced) == 1 else None
        if isinstance(rule, Rule) and _gives_its_child(rule):
            unit[state] = rule.origin.name
    for row in states.values():
        for name, (action, target) in row.items():
            while target in unit:
                action, target = row[unit[target]]
            row[name] = (action, target)


def _gives_its_child(rule: Rule) -> bool:
    """Whether the value of a rule is that of the one rule in it."""
    if not rule.options.expand1 or rule.alias or len(rule.expansion) != 1:
        return False
    return not rule.expansion[0].is_term


class ParserState:
    """Where a parser stopped: what it has read and not yet reduced, and what it may read next."""

    def __init__(self, error: _LarkUnexpectedToken) -> None:
        self._interactive = error.interactive_parser
        self._state = self._interactive.parser_state
        self._table: dict[Any, dict[str, Any]] = self._state.parse_conf.states

    @property
    def values(self) -> list[Any]:
        """The values on the stack: tokens, what the transformer made, and trees of other rules."""
        return list(self._state.value_stack)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to pop."""
        return len(self._state.state_stack) <= 1

    def flattened(self) -> list[Any]:
        """The values on the stack; in place of a repetition that is not yet reduced, its items."""
        return [item for value in self.values for item in getattr(value, "children", [value])]

    def starts(self, rule: str) -> bool:
        """Whether the rule ``rule`` may start here."""
        return rule in self._actions

    def accepted(self) -> frozenset[str]:
        """The terminals that could stand here.

        The table's row alone says too much: rows are shared, and what a row would reduce on may
        not fit what is open around it.
        """
        return frozenset(t for t in self._actions if t.isupper() and self._accepts(t))

    def pop(self) -> Any:
        """Forget the value that was read last, and return it."""
        self._state.state_stack.pop()
        return self._state.value_stack.pop()

    def put(self, rule: str, value: object) -> None:
        """Go on as if ``rule``, which may start here, had been read and gave ``value``."""
        _shift, target = self._actions[rule]
        self._state.state_stack.append(target)
        self._state.value_stack.append(value)

    def feed(self, token: Token) -> None:
        """Read ``token`` before what follows in the text.

        Raises:
            UnexpectedToken: it is not accepted here; with this state, changed in place.
        """
        try:
            self._state.feed_token(token)
        except _LarkUnexpectedToken as error:
            raise UnexpectedToken(error.token, self) from error

    def remaining(self) -> Iterator[Token]:
        """The tokens that follow in the text; those that are taken are not parsed any more."""
        tokens: Iterator[Token] = self._interactive.lexer_thread.lex(self._state)  # type: ignore[no-untyped-call]
        return tokens

    def resume(self) -> Any:
        """Parse what remains; see :meth:`Parser.parse`.

        Raises:
            UnexpectedToken: with this state, changed in place.
        """
        try:
            return self._interactive.resume_parse()  # type: ignore[no-untyped-call]
        except _LarkUnexpectedToken as error:
            raise UnexpectedToken(error.token, self) from error

    @property
    def _actions(self) -> dict[str, Any]:
        """The table's row: what the parser does on a terminal, and where it goes after a rule."""
        return self._table[self._state.state_stack[-1]]

    def _accepts(self, terminal: str) -> bool:
        """Whether ``terminal`` can be shifted, after the reductions that it calls for.

        ``InteractiveParser.accepts`` of Lark copies all of the stack for each terminal; this walks
        down it, with what the reductions push kept apart.
        """
        states = self._state.state_stack
        below = len(states)
        above: list[Any] = []
        while True:
            top = above[-1] if above else states[below - 1]
            if terminal == END and top == self._state.parse_conf.end_state:
                return True
            action, argument = self._table[top].get(terminal, (None, None))
            if action is None or not hasattr(argument, "expansion"):
                return action is not None
            size = len(argument.expansion)
            own = min(size, len(above))
            del above[len(above) - own :]
            below -= size - own
            top = above[-1] if above else states[below - 1]
            above.append(self._table[top][argument.origin.name][1])


def rule_of(value: object) -> str:
    """The rule that a value was read as; empty for tokens and for what the transformer made."""
    return str(value.data) if isinstance(value, Tree) else ""
