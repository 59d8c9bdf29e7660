"""What a name is, as regular expressions: for tools that know nothing else.

From these rules the TextMate grammar, the Vim syntax and the Pygments lexer are made. A context
lists what is tried at each character, first things first. Only what Oniguruma, Python and Vim have
in common is used; nothing but brackets and a definition's parameters goes on over line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnngen.highlight import vocabulary
from cnngen.highlight.category import Category
from cnngen.highlight.vocabulary import PATTERNS
from cnngen.record import NamedTuple

Part = str | tuple[str, Category]
"""A regular expression, with the category of what it matches if it has one here."""


class Rule(NamedTuple):
    """What is matched: parts one after the other."""

    parts: tuple[Part, ...]

    @property
    def pattern(self) -> str:
        """One regular expression, with a group for each part that has a category."""
        return "".join(p if isinstance(p, str) else f"({p[0]})" for p in self.parts)

    @property
    def categories(self) -> tuple[Category, ...]:
        """The categories of the groups."""
        return tuple(part[1] for part in self.parts if not isinstance(part, str))


class Span(NamedTuple):
    """What stands between ``begin`` and ``close``, or before ``stop``, is read by a context."""

    context: str
    begin: Rule
    close: Rule | None
    stop: str


Context = tuple[Rule | Span | str, ...]
"""Rules in order; a text stands for all rules of that context."""


def rule(*parts: Part) -> Rule:
    """A rule of these parts."""
    return Rule(parts)


def any_of(words: Iterable[str]) -> str:
    """One of ``words``, whole."""
    return rf"\b(?:{'|'.join(words)})\b"


def any_sign(signs: Iterable[str]) -> str:
    """One of ``signs``, the longest that fits."""
    return f"(?:{'|'.join(map(re.escape, sorted(signs, key=len, reverse=True)))})"


def _keyword(*terminals: str) -> tuple[str, Category]:
    return any_of(vocabulary.RESERVED[terminal] for terminal in terminals), Category.KEYWORD


# --- places ----------------------------------------------------------------------------------

BLANK = r"[ \t]*"
GAP = r"[ \t]+"

START = r"(?:^|(?<=[{},:]))[ \t]*"
"""Where a layer, a region or a label may stand."""

FIRST = r"(?:^|(?<=[(,]))[ \t]*"
"""Where a parameter is defined."""

NAME = rf"\b(?!{any_of((*vocabulary.RESERVED.values(), vocabulary.TIMES))}){PATTERNS['NAME']}\b"
ASSIGNS = r"=(?!=)"


def _brackets_deep(levels: int) -> str:
    """Brackets on one line, in which there are ``levels`` more."""
    character = r"[^\[\]{}\n]"
    inside = f"(?:{character}|{_brackets_deep(levels - 1)})" if levels else character
    return rf"\[{inside}*\]"


INDEX = f"(?:{_brackets_deep(3)})?"
"""Of a label."""

BEGINS = any_of(vocabulary.RESERVED[terminal] for terminal in ("NETWORK", "BLOCK", "USE"))
LEFT = rf"(?=[{{}}])|^(?=[ \t]*{BEGINS})"
"""Ends what has been left open."""

END = r"(?=[{},:#])|$"
"""Ends what stands on a line."""

COMPARES = any_sign(vocabulary.SYMBOLS[terminal] for terminal in ("EQ", "NE"))

COMMENT = rule((PATTERNS["COMMENT"], Category.COMMENT))
DEFINES = (_keyword("NETWORK", "BLOCK"), GAP, (NAME, Category.DEFINITION))
_, MODULE = PATTERNS["USE_SHIPPED"].split(vocabulary.RESERVED["USE"] + GAP)


def _brackets(opening: str, closing: str) -> Span:
    return Span(
        "brackets",
        rule((opening, Category.PUNCTUATION)),
        rule((closing, Category.PUNCTUATION)),
        LEFT,
    )


def _number(terminal: str, category: Category) -> Rule:
    """Begins where a word does: an engine that searches would try each digit of a long one."""
    return rule((rf"(?<!\w){PATTERNS[terminal]}", category))


def _chosen() -> list[Rule]:
    """Words that are values after their argument or a comparison alone."""
    return [
        rule(
            rf"(?<=\b{argument}){BLANK}",
            (ASSIGNS, Category.OPERATOR),
            BLANK,
            (any_of(words), Category.CONSTANT),
            r"(?!\()",
        )
        for argument, words in vocabulary.SHADOWED.items()
    ] + [
        rule(
            (COMPARES, Category.OPERATOR),
            BLANK,
            (any_of(vocabulary.CHOSEN), Category.CONSTANT),
            r"(?!\()",
        )
    ]


CONTEXTS: dict[str, Context] = {
    "line": (
        COMMENT,
        rule(_keyword("USE"), GAP, (MODULE, Category.MODULE)),
        Span(
            "parameters",
            rule(*DEFINES, BLANK, (r"\(", Category.PUNCTUATION)),
            rule((r"\)", Category.PUNCTUATION)),
            LEFT,
        ),
        rule(*DEFINES, BLANK, (ASSIGNS, Category.OPERATOR), BLANK, (NAME, Category.BLOCK)),
        rule(*DEFINES),
        rule(_keyword("LET"), GAP, (NAME, Category.PARAMETER)),
        Span("loop", rule(_keyword("FOR")), rule(_keyword("IN")), r"(?=[{}])|$"),
        rule(START, (NAME, Category.LABEL), rf"(?={INDEX}{BLANK}:)"),
        rule(START, (PATTERNS["STRING"], Category.LABEL), rf"(?={BLANK}:)"),
        rule(rf"(?<=\}}){BLANK}", (NAME, Category.REGION), rf"(?={BLANK}\{{)"),
        Span(
            "labels",
            rule(START, (any_of(vocabulary.NAMING_WORDS), Category.REGION)),
            None,
            rf"(?={NAME}{BLANK}{ASSIGNS}|=|{vocabulary.ARROW})|{END}",
        ),
        rule(START, (rf"\b{PATTERNS['PATH']}", Category.NAME)),
        rule(START, (any_of(vocabulary.REGION_WORDS), Category.REGION)),
        rule(START, (any_of(vocabulary.LAYER_WORDS), Category.LAYER)),
        rule(START, (NAME, Category.BLOCK)),
        Span("assertion", rule((vocabulary.ARROW, Category.ARROW)), None, END),
        "values",
    ),
    "parameters": (COMMENT, rule(FIRST, (NAME, Category.PARAMETER)), "values"),
    "loop": (COMMENT, rule((NAME, Category.PARAMETER)), "values"),
    "labels": (
        rule((rf"\b{PATTERNS['PATH']}", Category.LABEL)),
        rule((NAME, Category.LABEL), r"(?!\()"),
        rule((PATTERNS["STRING"], Category.LABEL)),
        "values",
    ),
    "assertion": ("values",),
    "brackets": (COMMENT, "values"),
    "values": (
        _brackets(r"\(", r"\)"),
        _brackets(r"\[", r"\]"),
        rule((PATTERNS["STRING"], Category.STRING)),
        rule((PATTERNS["BAD_STRING"], Category.ERROR)),
        _number("SIZE", Category.SIZE),
        _number("FLOAT", Category.NUMBER),
        _number("INT", Category.NUMBER),
        _number("BAD_NUMBER", Category.ERROR),
        *_chosen(),
        rule((rf"\b{PATTERNS['PATH']}", Category.NAME)),
        rule((rf"\b{vocabulary.TIMES}\b", Category.OPERATOR)),
        rule((any_of(vocabulary.KEYWORDS), Category.KEYWORD)),
        rule((any_of(vocabulary.TRUTH), Category.CONSTANT)),
        rule((NAME, Category.ARGUMENT), f"(?={BLANK}{ASSIGNS})"),
        rule((NAME, Category.FUNCTION), r"(?=\()"),
        rule((any_of(vocabulary.CONSTANTS), Category.CONSTANT)),
        rule((NAME, Category.NAME)),
        rule((re.escape(vocabulary.ARROW), Category.ARROW)),
        rule((any_sign(vocabulary.OPERATORS), Category.OPERATOR)),
        rule((any_sign((*vocabulary.BRACKETS, ",", vocabulary.COLON)), Category.PUNCTUATION)),
        rule((r"[^ \t\n]", Category.ERROR)),
    ),
}
"""``line`` is what a file is read by."""
