"""The Pygments lexer. Pygments finds it by its entry point; nothing else here needs Pygments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from pygments.lexer import Lexer, LexerContext, RegexLexer, include
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
    _TokenType,
)

from cnngen.highlight.category import Category
from cnngen.highlight.rules import CONTEXTS, Context, Rule, Span

TOKENS = {
    Category.COMMENT: Comment.Single,
    Category.KEYWORD: Keyword,
    Category.REGION: Keyword.Reserved,
    Category.LAYER: Name.Builtin,
    Category.BLOCK: Name.Function,
    Category.DEFINITION: Name.Class,
    Category.PARAMETER: Name.Variable,
    Category.LABEL: Name.Label,
    Category.ARGUMENT: Name.Attribute,
    Category.FUNCTION: Name.Function.Magic,
    Category.CONSTANT: Keyword.Constant,
    Category.NUMBER: Number,
    Category.SIZE: Number.Integer,
    Category.STRING: String.Double,
    Category.MODULE: Name.Namespace,
    Category.NAME: Name,
    Category.OPERATOR: Operator,
    Category.ARROW: Punctuation.Marker,
    Category.PUNCTUATION: Punctuation,
    Category.ERROR: Error,
}
"""The tokens that styles know."""

Found = Iterator[tuple[int, _TokenType, str]]


def _emit(rule: Rule) -> Callable[[Lexer, re.Match[str], LexerContext | None], Found]:
    """Yields the groups of a match, and what lies between them as blanks."""
    tokens = [TOKENS[category] for category in rule.categories]

    def callback(
        _lexer: Lexer, match: re.Match[str], _context: LexerContext | None = None
    ) -> Found:
        end = match.start()
        for number, token in enumerate(tokens, start=1):
            if match.start(number) > end:
                yield end, Whitespace, match.string[end : match.start(number)]
            yield match.start(number), token, match[number]
            end = match.end(number)

    return callback


def _states() -> dict[str, list[Any]]:
    """Each context is a state: what ends it, then its rules, then blanks."""
    states = {name: list(_rules(context)) for name, context in CONTEXTS.items()}
    for span in [each for rules in CONTEXTS.values() for each in rules if isinstance(each, Span)]:
        states[_inside(span)] = [*_ends(span), include(span.context)]
    blanks = [(r"\n", Whitespace), (r"[ \t]+", Whitespace)]
    return {name: [*rules, *blanks] for name, rules in states.items()} | {"root": [include("line")]}


def _inside(span: Span) -> str:
    """The state inside of a span; brackets of each kind have their own."""
    return f"{span.context} {span.begin.pattern}"


def _rules(context: Context) -> Iterator[Any]:
    for each in context:
        if isinstance(each, str):
            yield include(each)
        elif isinstance(each, Span):
            yield each.begin.pattern, _emit(each.begin), _inside(each)
        else:
            yield each.pattern, _emit(each)


def _ends(span: Span) -> Iterator[Any]:
    if span.close is not None:
        yield span.close.pattern, _emit(span.close), "#pop"
    yield span.stop, Whitespace, "#pop"


class CnnLexer(RegexLexer):
    """Lexer for the sources of cnngen."""

    name = "cnn"
    aliases: ClassVar[list[str]] = ["cnn"]
    filenames: ClassVar[list[str]] = ["*.cnn"]
    mimetypes: ClassVar[list[str]] = ["text/x-cnn"]
    tokens: ClassVar[dict[str, list[Any]]] = _states()
