"""What each part of a source is, by the compiler's own lexer.

Nothing has to be right for this: a source that is being written is coloured too. What a name is
follows from where it stands, so no tree is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnngen.highlight import vocabulary
from cnngen.highlight.category import Category
from cnngen.ops import LAYERS
from cnngen.record import NamedTuple
from cnngen.source import Source
from cnngen.syntax.lalr import Token
from cnngen.syntax.parser import lex

CLOSED_BY = {"CALL": "RPAR", "LPAR": "RPAR", "INDEX": "RSQB", "LSQB": "RSQB"}

FIXED = {
    "COMMENT": Category.COMMENT,
    "INT": Category.NUMBER,
    "FLOAT": Category.NUMBER,
    "SIZE": Category.SIZE,
    "STRING": Category.STRING,
    "ARROW": Category.ARROW,
    "X": Category.OPERATOR,
    "COMMA": Category.PUNCTUATION,
    "COLON": Category.PUNCTUATION,
    "TRUE": Category.CONSTANT,
    "FALSE": Category.CONSTANT,
    "BAD_NUMBER": Category.ERROR,
    "BAD_STRING": Category.ERROR,
    "STRAY": Category.ERROR,
    **dict.fromkeys((*CLOSED_BY, *CLOSED_BY.values(), "LBRACE", "RBRACE"), Category.PUNCTUATION),
}
"""The categories of terminals that are one thing wherever they stand."""

UNSEEN = ("BLANK", "COMMENT", "BAD_NUMBER", "BAD_STRING", "STRAY")
"""What the parser leaves out: a name after it stands where it would without it."""


class Piece(NamedTuple):
    """The characters from ``start`` to ``end`` (exclusive) of a source, and what they are."""

    start: int
    end: int
    category: Category


def pieces(source: Source) -> Iterator[Piece]:
    """The parts of ``source`` in order, without the blanks and line ends between them."""
    tokens = lex(source)
    names = _Names([token for token in tokens if token.type not in UNSEEN])
    for token in tokens:
        start, end = token.start_pos, token.end_pos
        if token.type == "_NL":
            for comment in re.finditer(vocabulary.PATTERNS["COMMENT"], token.value):
                yield Piece(start + comment.start(), start + comment.end(), Category.COMMENT)
        if token.type == "USE_SHIPPED":
            yield Piece(start, start + len(vocabulary.RESERVED["USE"]), Category.KEYWORD)
            yield Piece(end - len(token.value.split()[1]), end, Category.MODULE)
        category = names.next(token) if token.type not in UNSEEN else None
        category = category or _fixed(token)
        if category is not None:
            yield Piece(start, end, category)


def _fixed(token: Token) -> Category | None:
    if token.type in FIXED:
        return FIXED[token.type]
    if token.type in vocabulary.RESERVED:
        return Category.KEYWORD
    return Category.OPERATOR if token.value in vocabulary.OPERATORS else None


class _Names:
    """Walks the tokens that the parser sees, and says what each name is.

    Attributes:
        starts: whether a layer, a region or a label may stand here.
        within: what has begun on this line and gives names a meaning: ``for``, ``labels``.
        closers: the brackets that are open, by what closes them.
        heads: for each open bracket, whether it holds the parameters of a definition.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.place = -1
        self.starts = True
        self.within = ""
        self.closers: list[str] = []
        self.heads: list[bool] = []

    def next(self, token: Token) -> Category | None:
        """Go on to ``token``, and say what it is if it is a name."""
        self.place += 1
        if token.type == "NAME":
            category = self._name(token)
            self.starts = False
            return category
        if token.type == "PATH":
            self.starts = False
            of_label = self.within == "labels" and not self.closers
            return Category.LABEL if of_label else Category.NAME
        is_label = token.type == "STRING" and not self.closers and self._is_quoted_label()
        self._move(token.type)
        return Category.LABEL if is_label else None

    def _kind(self, offset: int) -> str:
        place = self.place + offset
        return self.tokens[place].type if 0 <= place < len(self.tokens) else "_NL"

    # --- where names stand -------------------------------------------------------------------

    def _move(self, kind: str) -> None:
        begins = kind in ("NETWORK", "BLOCK", "USE", "USE_SHIPPED") and self._kind(-1) == "_NL"
        if begins or kind in ("LBRACE", "RBRACE"):  # what is open still, was left open
            self.closers, self.heads = [], []
        if kind in CLOSED_BY:
            self.heads.append(not self.closers and self._is_defined(-1))
            self.closers.append(CLOSED_BY[kind])
        elif self.closers and kind == self.closers[-1]:
            self.closers.pop()
            self.heads.pop()
        elif not self.closers:
            self._move_on_line(kind)

    def _move_on_line(self, kind: str) -> None:
        ends = {"for": ("IN",), "labels": ("ARROW", "EQUAL", "COMMA", "COLON")}.get(self.within, ())
        if kind == "FOR":
            self.within = "for"
        elif kind in ("_NL", "LBRACE", "RBRACE", *ends):
            self.within = ""
        breaks = kind in ("_NL", "LBRACE", "RBRACE", "COMMA", "COLON")
        self.starts = breaks and self.within != "for"

    def _is_defined(self, offset: int) -> bool:
        """Whether the name of a network or block stands there."""
        kinds = (self._kind(offset - 1), self._kind(offset))
        return kinds in (("NETWORK", "NAME"), ("BLOCK", "NAME"))

    # --- what a name is ----------------------------------------------------------------------

    def _name(self, token: Token) -> Category:
        before = self._kind(-1)
        if self._is_defined(0):
            return Category.DEFINITION
        if before == "LET" or (self.within == "for" and not self.closers):
            return Category.PARAMETER
        if self.starts:
            return self._item(token)
        if before == "_NL":  # between brackets, it means nothing
            before = self._kind(-2)
        if self.heads == [True] and before in ("CALL", "LPAR", "COMMA"):
            return Category.PARAMETER
        return self._in_expression(token)

    def _item(self, token: Token) -> Category:
        """Where a layer may stand."""
        if self._is_label():
            return Category.LABEL
        if self._kind(-1) == "RBRACE" and self._kind(1) == "LBRACE":
            return Category.REGION  # the second body, as in `} shortcut {`
        if token.value in vocabulary.NAMING_WORDS:
            self.within = "labels"
        if token.value in vocabulary.REGION_WORDS:
            return Category.REGION
        return Category.LAYER if token.value in LAYERS else Category.BLOCK

    def _is_quoted_label(self) -> bool:
        """Whether a text is a label, or one that a join reads."""
        return self.within == "labels" or (self.starts and self._kind(1) == "COLON")

    def _is_label(self) -> bool:
        """Whether a colon follows, an index perhaps between."""
        offset, depth = 1, 0
        while self._kind(offset) == "INDEX" or depth:
            depth += self._kind(offset) in ("INDEX", "LSQB")
            depth -= self._kind(offset) == "RSQB"
            if self._kind(offset) in ("_NL", "LBRACE", "RBRACE"):
                return False
            offset += 1
        return self._kind(offset) == "COLON"

    def _in_expression(self, token: Token) -> Category:
        if self._kind(1) == "EQUAL":
            return Category.ARGUMENT
        if self._kind(-1) == "EQUAL" and self._is_defined(-2) and not self.closers:
            return Category.BLOCK
        if self._kind(1) == "CALL":
            return Category.FUNCTION
        if self.within == "labels" and not self.closers:
            return Category.LABEL
        return Category.CONSTANT if self._is_constant(token) else Category.NAME

    def _is_constant(self, token: Token) -> bool:
        if self._kind(-1) == "EQUAL" and token.value in self._choices():
            return True
        compared = self._kind(-1) in ("EQ", "NE") and token.value in vocabulary.CHOSEN
        return compared or token.value in vocabulary.CONSTANTS

    def _choices(self) -> tuple[str, ...]:
        """The words of the argument whose value stands here."""
        argument = self.tokens[self.place - 2].value if self.place > 1 else ""
        return vocabulary.CHOICES_OF.get(argument, ())
