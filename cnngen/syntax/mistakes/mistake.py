"""A syntax error as the explanations see it: the token, and what stands around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnngen.diagnostics.suggest import shortened
from cnngen.record import NamedTuple
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.lalr import END, Token

SIGNS = {
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "ARROW": "`->`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "IN": "`in`",
    "ELSE": "`else`",
    "NETWORK": "`network`",
    "BLOCK": "`block`",
    "USE": "`use`",
    "NAME": "a name",
    "_NL": "the end of the line",
}
"""What a terminal is called where it was expected; others would make the list too long."""

DEFINITIONS = {"NETWORK", "BLOCK", "USE", "USE_SHIPPED"}
"""What starts a definition: it stands outside every brace."""

KEYWORDS = {
    "NETWORK",
    "BLOCK",
    "USE",
    "INPUT",
    "LET",
    "DEFAULT",
    "REPEAT",
    "FOR",
    "IN",
    "IF",
    "ELSE",
    "AND",
    "OR",
    "NOT",
    "TRUE",
    "FALSE",
    "X",
}
STATEMENTS = {"INPUT", "LET", "DEFAULT", "REPEAT", "FOR", "IF"}
VALUES = {"INT", "FLOAT", "SIZE", "STRING", "NAME", "LSQB", "LPAR", "TRUE", "FALSE"}
COMPARISONS = {"EQ", "NE", "LT", "LE", "GT", "GE"}
ELIF = ("elif", "elseif", "elsif")

LAYER_STARTS = frozenset({"NAME", "LBRACE", "REPEAT", "FOR", "IF"})
VALUE_STARTS = frozenset({"NAME", "INT", "LSQB"})
VALUE_FOLLOWS = {"repeat", "if", "in", "not", "and", "or", "input", "x"}
"""Keywords that a value must follow."""

CLOSERS = {"(": ")", "[": "]"}

NAMES = "a name starts with a letter and goes on with letters, digits and _"

LONGEST_BEFORE = 400
"""Characters before a mistake that are looked at; a line may be as long as the file."""


class Mistake(NamedTuple):
    """Where the parser stopped: at a token, after ``before`` on its line.

    ``expected``: the terminals that could have stood there. ``opened``: the braces and brackets
    that are open, outermost first. ``previous``: the network that ended before.
    """

    source: Source
    token: Token
    before: str
    expected: frozenset[str]
    opened: Sequence[Token]
    previous: ast.Network | ast.Block | None

    @property
    def span(self) -> Span:
        """The token; at the end of a line or of the file, the place just before it."""
        if self.kind == END:
            end = len(self.source.text.rstrip())
            return Span(self.source, max(end - 1, 0), end)
        start = self.start
        return Span(self.source, start, start + 1 if self.kind == "_NL" else self.end)

    @property
    def start(self) -> int:
        """The offset of the token."""
        return self.token.start_pos

    @property
    def end(self) -> int:
        """The offset after the token."""
        return self.token.end_pos

    @property
    def kind(self) -> str:
        """The token's terminal."""
        return self.token.type

    @property
    def braces(self) -> list[Token]:
        """The braces that are open."""
        return [token for token in self.opened if token.type == "LBRACE"]

    @property
    def bracket(self) -> Token | None:
        """The bracket that is open here, if one is."""
        return self.opened[-1] if self.opened and self.opened[-1].type != "LBRACE" else None

    @property
    def after(self) -> str:
        """What follows the token on its line."""
        return self.source.text[self.end : self.end + LONGEST_BEFORE].split("\n", 1)[0]

    @property
    def stands_alone(self) -> bool:
        """Whether there is nothing else on the line."""
        return not (self.before or self.after.split("#")[0].strip())

    @property
    def operators_fit(self) -> bool:
        """Whether a value has just ended."""
        return "STAR" in self.expected

    @property
    def nested(self) -> bool:
        """Whether a definition starts within the body of another, as its indentation tells."""
        if self.kind not in DEFINITIONS or not self.braces:
            return False
        return self.span.column - 1 > indentation(self.source, self.braces[0].start_pos)

    @property
    def bracket_is_closed(self) -> bool:
        """Whether the open bracket has its end further on, so that the mistake is between."""
        assert self.bracket is not None
        return closer(self.source, self.bracket.end_pos) is not None


def mistake(
    source: Source,
    token: Token,
    expected: frozenset[str],
    opened: Sequence[Token],
    previous: ast.Network | ast.Block | None,
) -> Mistake:
    """The mistake at ``token``."""
    start = token.start_pos
    line_start = source.text.rfind("\n", 0, start) + 1
    before = source.text[max(line_start, start - LONGEST_BEFORE) : start].strip()
    return Mistake(source, token, before, expected, opened, previous)


def found(m: Mistake) -> str:
    """The token as a message shows it."""
    if m.kind == "_NL":
        return "the end of the line"
    return "the end of the file" if m.kind == END else f"`{shortened(m.token.value)}`"


def next_line(m: Mistake) -> str:
    """What the source has from the token on."""
    return m.source.text[m.start : m.start + LONGEST_BEFORE].strip()


def one_line(text: str) -> str:
    """Text on one line, shortened to what can be read."""
    return shortened(" ".join(text.split()), 80)


def token_span(source: Source, token: Token) -> Span:
    """The place of a token."""
    return Span(source, token.start_pos, token.end_pos)


def indentation(source: Source, offset: int) -> int:
    """The white space before the first character of the line of ``offset``."""
    line = source.line(source.line_number(offset))
    return len(line) - len(line.lstrip())


_MARKS = re.compile(r'"[^"\n]*"|#[^\n]*|[(\[\])]|[{}]|\n[ \t]*')


def closer(source: Source, start: int) -> int | None:
    """The offset of the bracket that closes the one before ``start``; None where a brace comes."""
    depth = 1
    for mark in _MARKS.finditer(source.text, start):
        sign = mark[0]
        if sign in ("(", "["):
            depth += 1
        elif sign in (")", "]"):
            depth -= 1
        if depth == 0:
            return mark.start()
        if sign in ("{", "}"):
            return None
    return None


def closed_further_left(source: Source, start: int, end: int) -> tuple[Span, Span] | None:
    """The first ``{`` whose ``}`` starts a line further left than the line of the ``{``."""
    indent = indentation(source, start)
    at_line_start = -1
    opened: list[tuple[int, int]] = []
    for mark in _MARKS.finditer(source.text, start, end):
        sign = mark[0]
        if sign[0] == "\n":
            indent, at_line_start = len(sign) - 1, mark.end()
        elif sign == "{":
            opened.append((mark.start(), indent))
        elif sign == "}" and opened:
            opening, opening_indent = opened.pop()
            if mark.start() == at_line_start and indent < opening_indent:
                closing = Span(source, mark.start(), mark.end())
                return Span(source, opening, opening + 1), closing
    return None
