"""An LALR parser: from text to tokens, from tokens to values, by the tables of a grammar.

It stops at the first token that does not fit, and what it has read by then can be seen and
changed before it goes on: :class:`ParserState`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

from cnngen.record import NamedTuple

END = "$END"
"""The terminal of the end of the text."""

UNKNOWN = "UNKNOWN"
"""The terminal of a character with which none of the grammar's begins: it fits nowhere."""


class Token(NamedTuple):
    """A piece of the text: its terminal, and what stands from ``start_pos`` to ``end_pos``."""

    type: str
    value: str
    start_pos: int = 0
    end_pos: int = 0


class Rule(NamedTuple):
    """One way to write a nonterminal.

    Attributes:
        name: the nonterminal.
        size: how many terminals and nonterminals it is written with.
        method: the builder's method that makes its value of its children; empty where it makes
            none: its children stand among those of the rule around it.
        kept: which of what was read are its children, and whether they are such rules themselves.
        passes: whether an only child is the value itself, as in ``?rule``.
    """

    name: str
    size: int
    method: str
    kept: tuple[tuple[int, bool], ...]
    passes: bool

    @property
    def is_unit(self) -> bool:
        """Whether its value is that of the one thing in it."""
        return self.passes and self.size == 1 and self.kept == ((0, False),)


class Tables(NamedTuple):
    """A grammar, ready to parse by. All of it is plain values.

    Attributes:
        pattern: matches the next token; its groups are the terminals.
        keywords: the terminals of words that the pattern takes for names.
        ignored: the terminals that are left out.
        states: for each state, what is done on a terminal or a nonterminal. A number from 0 on is
            the state that comes next, a negative one, turned over with ``~``, the rule to reduce.
        starts: the first state for each rule that a text may be read as.
        rules: the fields of each :class:`Rule`.
    """

    pattern: str
    keywords: dict[str, str]
    ignored: frozenset[str]
    states: list[dict[str, int]]
    starts: dict[str, int]
    rules: list[tuple[Any, ...]]


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


class Inlined(list[Any]):
    """The children of a rule that has no value of its own."""

    rule: str = ""


Make = Callable[[list[Any]], Any]
"""From what a rule was read as to its value."""


class Reduction(NamedTuple):
    """What is done when a rule has been read; without ``make`` the one value that it has stays."""

    name: str
    size: int
    make: Make | None


class Parser:
    """Parses texts.

    Args:
        tables: those of the grammar.
        builder: has a method for each rule, which makes its value of its children.
        on_token: what is called with each token of a terminal, ignored ones too.
    """

    def __init__(
        self, tables: Tables, builder: object, on_token: Mapping[str, Callable[[Token], object]]
    ) -> None:
        self.pattern = re.compile(f"{tables.pattern}|(?P<{UNKNOWN}>(?s:.))")
        self.keywords = tables.keywords
        self.ignored = tables.ignored
        self.on_token = on_token
        self.states = tables.states
        self.starts = tables.starts
        rules = [Rule(*rule) for rule in tables.rules]
        self.reductions = [Reduction(each.name, each.size, _make(each, builder)) for each in rules]

    def parse(self, text: str, start: str) -> Any:
        """The value that the builder makes of ``text``, read as the rule ``start``.

        Raises:
            UnexpectedToken: ``text`` is no ``start``.
        """
        return ParserState(self, text, self.starts[start]).resume()

    def lex(self, text: str, but: Set[str] = frozenset()) -> Iterator[Token]:
        """Every token of ``text``, ignored ones too, but for those of some terminals."""
        keywords, make = self.keywords, tuple.__new__  # what the constructor of Token calls
        for match in self.pattern.finditer(text):
            kind = match.lastgroup or UNKNOWN
            if kind not in but:
                value = match[0]
                yield make(Token, (keywords.get(value, kind), value, *match.span()))


def _make(rule: Rule, builder: object) -> Make | None:
    """What makes a rule's value; None where that is the value of the one thing in it."""
    if rule.is_unit:
        return None
    method: Make = getattr(builder, rule.method) if rule.method else _inlined(rule.name)
    if any(inlined for _, inlined in rule.kept) or len(rule.kept) < rule.size:
        method = _of_kept(rule.kept, _passing(method) if rule.passes else method)
    return method


def _inlined(name: str) -> Make:
    def make(children: list[Any]) -> Inlined:
        made = children if isinstance(children, Inlined) else Inlined(children)
        made.rule = name
        return made

    return make


def _passing(method: Make) -> Make:
    return lambda children: children[0] if len(children) == 1 else method(children)


def _of_kept(kept: tuple[tuple[int, bool], ...], method: Make) -> Make:
    if not any(inlined for _, inlined in kept):
        places = [place for place, _ in kept]
        return lambda read: method([read[place] for place in places])

    def make(read: list[Any]) -> Any:
        children: list[Any] = []
        for place, inlined in kept:
            if not inlined:
                children.append(read[place])
            elif children:
                children += read[place]
            else:  # a repetition grows by one each time: it is not copied
                children = read[place]
        return method(children)

    return make


class ParserState:
    """Where a parser is: what it has read and not yet reduced, and what it may read next."""

    def __init__(self, parser: Parser, text: str, start: int) -> None:
        self._parser = parser
        self._lexed = parser.lex(text, but=parser.ignored - parser.on_token.keys())
        self._last = Token(END, "")
        self._stack = [start]
        self._values: list[Any] = []

    @property
    def values(self) -> list[Any]:
        """The values on the stack: tokens, what the builder made, and children of other rules."""
        return list(self._values)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to pop."""
        return not self._values

    def flattened(self) -> list[Any]:
        """The values on the stack; in place of a repetition that is not yet reduced, its items."""
        groups = (value if isinstance(value, Inlined) else [value] for value in self._values)
        return [item for group in groups for item in group]

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
        self._stack.pop()
        return self._values.pop()

    def put(self, rule: str, value: object) -> None:
        """Go on as if ``rule``, which may start here, had been read and gave ``value``."""
        self._stack.append(self._actions[rule])
        self._values.append(value)

    def remaining(self) -> Iterator[Token]:
        """The tokens that follow in the text; those that are taken are not parsed any more."""
        ignored, on_token = self._parser.ignored, self._parser.on_token
        for token in self._lexed:
            if token.type in on_token:
                on_token[token.type](token)
            if token.type not in ignored:
                self._last = token
                yield token

    def resume(self) -> Any:
        """Parse what remains; see :meth:`Parser.parse`.

        Raises:
            UnexpectedToken: with this state, changed in place.
        """
        self._read(self.remaining())
        self.feed(Token(END, "", self._last.start_pos, self._last.end_pos))
        return self._values[-2]

    def feed(self, token: Token) -> None:
        """Read ``token`` before what follows in the text.

        Raises:
            UnexpectedToken: it is not accepted here; with this state, changed in place.
        """
        self._read([token])

    def _read(self, tokens: Iterable[Token]) -> None:
        """Read tokens; what all of a text is read by, so that there are no calls in it."""
        states, reductions = self._parser.states, self._parser.reductions
        stack, values = self._stack, self._values
        for token in tokens:
            kind = token[0]
            action = states[stack[-1]].get(kind)
            while action is None or action < 0:
                if action is None:
                    raise UnexpectedToken(token, self)
                name, size, make = reductions[~action]
                if make is None:
                    top = stack[-1] = states[stack[-2]][name]
                else:
                    start = len(values) - size
                    values[start:] = [make(values[start:])]
                    del stack[start + 1 :]
                    top = states[stack[-1]][name]
                    stack.append(top)
                action = states[top].get(kind)
            stack.append(action)
            values.append(token)

    @property
    def _actions(self) -> dict[str, int]:
        """The table's row: what the parser does on a terminal, and where it goes after a rule."""
        return self._parser.states[self._stack[-1]]

    def _accepts(self, terminal: str) -> bool:
        """Whether ``terminal`` can be shifted, after the reductions that it calls for."""
        states, reductions = self._parser.states, self._parser.reductions
        below = len(self._stack)
        above: list[int] = []  # what the reductions push, over the first ``below`` of the stack
        while True:
            top = above[-1] if above else self._stack[below - 1]
            action = states[top].get(terminal)
            if action is None or action >= 0:
                return action is not None
            name, size, _ = reductions[~action]
            own = min(size, len(above))
            del above[len(above) - own :]
            below -= size - own
            top = above[-1] if above else self._stack[below - 1]
            above.append(states[top][name])


def rule_of(value: object) -> str:
    """The rule without a value of its own that was read; empty for tokens and other values."""
    return value.rule if isinstance(value, Inlined) else ""
