"""From the parser's reductions to the tree. Runs inside the parser: no parse tree is kept.

Every terminal that the grammar names reaches these methods as a token with its offsets; the
grammar's rule of the same name says what ``children`` hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cnngen.diagnostics import Diagnostic, codes
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.lalr import Token

LONGEST_NUMBER = 18
"""Digits; what a 64-bit size can hold, and far from where reading a number takes time."""

MOST_SIZES = 4
"""Numbers read in a size; three mean something, with four a batch may have been written."""

HOLE = re.compile(
    r"\{ *(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?: *(?P<sign>[+-]) *(?P<number>[0-9]{1,9}))? *\}"
)
"""What stands in the braces of a label in quotes: a name, or one plus or minus a number."""

Children = list[Any]


class Builder:
    """Makes :mod:`cnngen.syntax.ast` nodes; ``source`` is set for each parse."""

    source: Source
    report: Callable[[Diagnostic], None]

    def _span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def _name(self, token: Token) -> ast.Name:
        return ast.Name(Span(self.source, token.start_pos, token.end_pos), token.value)

    # definitions

    def start(self, children: Children) -> tuple[ast.Definition, ...]:
        return tuple(children)

    def settings(self, children: Children) -> tuple[ast.Argument, ...]:
        return tuple(children)

    def network(self, children: Children) -> ast.Network:
        return ast.Network(*self._head(children))

    def block(self, children: Children) -> ast.Block:
        return ast.Block(*self._head(children))

    def _head(self, children: Children) -> tuple[Any, ...]:
        """What a network and a block have: place, name, parameters, settings, body."""
        keyword, name, *settings, body = children
        # An argument is a tuple too, of a type of its own.
        parameters = settings.pop(0) if settings and type(settings[0]) is tuple else ()
        span = self._span(keyword.start_pos, body.span.end)
        return span, self._name(name), parameters, tuple(settings), body

    def use(self, children: Children) -> ast.Use:
        first, last = children[0], children[-1]
        shipped = last.type == "USE_SHIPPED"
        target = last.value.split()[1] if shipped else last.value[1:-1]
        return ast.Use(self._span(first.start_pos, last.end_pos), target, shipped)

    def parameters(self, children: Children) -> tuple[ast.Parameter, ...]:
        return tuple(child for child in children if isinstance(child, ast.Parameter))

    def parameter(self, children: Children) -> ast.Parameter:
        name = self._name(children[0])
        default = children[1] if len(children) > 1 else None
        return ast.Parameter(name.span.to(default.span) if default else name.span, name, default)

    def variant(self, children: Children) -> ast.Variant:
        keyword, name, base, *arguments = children
        end = arguments[-1].span.end if arguments else base.end_pos
        span = self._span(keyword.start_pos, end)
        return ast.Variant(span, self._name(name), self._name(base), tuple(arguments))

    # statements

    def body(self, children: Children) -> ast.Body:
        span = self._span(children[0].start_pos, children[-1].end_pos)
        return ast.Body(span, tuple(children[1:-1]))

    def input(self, children: Children) -> ast.Input:
        *labels, keyword, shape = children
        label = labels[0] if labels else None
        start = label.span.start if label else keyword.start_pos
        return ast.Input(self._span(start, shape.span.end), shape, label)

    def let(self, children: Children) -> ast.Let:
        keyword, name, value = children
        return ast.Let(self._span(keyword.start_pos, value.span.end), self._name(name), value)

    def default(self, children: Children) -> ast.Default:
        keyword, word, *arguments = children
        span = self._span(keyword.start_pos, arguments[-1].span.end)
        return ast.Default(span, self._name(word), tuple(arguments))

    def line(self, children: Children) -> ast.Line:
        shape = None
        if len(children) > 2 and isinstance(children[-2], Token):
            shape = children[-1]
            children = children[:-2]
        span = children[0].span.to((shape or children[-1]).span)
        return ast.Line(span, tuple(children), shape)

    def label(self, children: Children) -> ast.Label:
        name, end = self._name(children[0]), children[-1]
        if children[0].type == "STRING":
            text = name.name[1:-1]
            return ast.Label(name.span, name._replace(name=text), None, True, self._pieces(name))
        index = children[2] if len(children) > 1 else None
        return ast.Label(self._span(name.span.start, end.end_pos), name, index)

    def _pieces(self, quoted: ast.Name) -> tuple[str | ast.Expression, ...]:
        """What a label in quotes is made of; nothing where no braces are in it, or wrong ones."""
        start, end = quoted.span.start + 1, quoted.span.end - 1
        found: list[str | ast.Expression] = []
        for hole in HOLE.finditer(quoted.span.source.text, start, end):
            found += [quoted.span.source.text[start : hole.start()], self._hole(hole)]
            start = hole.end()
        rest = quoted.span.source.text[start:end]
        texts = "".join(piece for piece in (*found, rest) if isinstance(piece, str))
        return (*found, rest) if found and not set("{}") & set(texts) else ()

    def _hole(self, hole: re.Match[str]) -> ast.Expression:
        name = ast.Name(self._span(*hole.span("name")), hole["name"])
        if hole["sign"] is None:
            return name
        number = ast.Literal(self._span(*hole.span("number")), int(hole["number"]))
        return ast.Binary(name.span.to(number.span), hole["sign"], name, number)

    def labelled(self, children: Children) -> ast.Layer | ast.Region | ast.Group:
        label, item = children
        span = label.span.to(item.span)
        if isinstance(item, (ast.Layer, ast.Region, ast.Group)):
            return item._replace(span=span, label=label)
        # `label: repeat n { ... }` is a group of what the loop makes.
        body = ast.Body(item.span, (ast.Line(item.span, (item,)),))
        return ast.Group(span, body, label)

    def region(self, children: Children) -> ast.Region:
        word, *arguments = children
        bodies = [arguments.pop()]
        second = None
        if arguments and isinstance(arguments[-1], Token):
            second = self._name(arguments.pop())
            bodies.insert(0, arguments.pop())
        span = self._span(word.start_pos, bodies[-1].span.end)
        otherwise = bodies[1] if second else None
        return ast.Region(span, self._name(word), tuple(arguments), bodies[0], second, otherwise)

    def layer(self, children: Children) -> ast.Layer:
        word, end = children[0], children[-1]
        span = Span(
            self.source,
            word.start_pos,
            word.end_pos if len(children) == 1 else end.span.end,
        )
        return ast.Layer(span, self._name(word), tuple(children[1:]))

    def group(self, children: Children) -> ast.Group:
        return ast.Group(children[0].span, children[0])

    def repeat(self, children: Children) -> ast.Repeat:
        keyword, count, body = children
        return ast.Repeat(self._span(keyword.start_pos, body.span.end), count, body)

    def for_loop(self, children: Children) -> ast.For:
        keyword, *names, _in, values, body = children
        targets = tuple(self._name(name) for name in names)
        return ast.For(self._span(keyword.start_pos, body.span.end), targets, values, body)

    def if_else(self, children: Children) -> ast.If:
        keyword, condition, body, *rest = children
        otherwise = rest[1] if rest else None
        end = (otherwise or body).span.end
        return ast.If(self._span(keyword.start_pos, end), condition, body, otherwise)

    # expressions

    def argument(self, children: Children) -> ast.Argument:
        name = self._name(children[0])
        return ast.Argument(name.span.to(children[1].span), name, children[1])

    def number(self, children: Children) -> ast.Literal:
        (token,) = children
        span = Span(self.source, token.start_pos, token.end_pos)
        if token.type == "FLOAT":
            return ast.Literal(span, float(token.value))
        return ast.Literal(span, self._whole(token.value, span))

    def size_literal(self, children: Children) -> ast.Literal:
        (token,) = children
        span = Span(self.source, token.start_pos, token.end_pos)
        numbers = token.value.split("x")
        if len(numbers) > MOST_SIZES:
            self.report(
                Diagnostic(
                    codes.BAD_NUMBER,
                    f"a size of {len(numbers)} numbers",
                    span,
                    "expected three axes and the channels at most",
                )
            )
        return ast.Literal(span, tuple(self._whole(n, span) for n in numbers[:MOST_SIZES]))

    def _whole(self, digits: str, span: Span) -> int:
        if len(digits) <= LONGEST_NUMBER:
            return int(digits)
        self.report(
            Diagnostic(
                codes.TOO_BIG,
                f"a number of {len(digits)} digits",
                span,
                f"at most {LONGEST_NUMBER} digits",
                hint="sizes and counts of real networks are far smaller",
            )
        )
        return 1

    def string(self, children: Children) -> ast.Literal:
        (token,) = children
        return ast.Literal(self._span(token.start_pos, token.end_pos), token.value[1:-1])

    def boolean(self, children: Children) -> ast.Literal:
        (token,) = children
        return ast.Literal(self._span(token.start_pos, token.end_pos), token.type == "TRUE")

    def name(self, children: Children) -> ast.Name:
        return self._name(children[0])

    def unary(self, children: Children) -> ast.Unary:
        operator, operand = children
        span = self._span(operator.start_pos, operand.span.end)
        return ast.Unary(span, operator.value, operand)

    def binary(self, children: Children) -> ast.Binary:
        left, operator, right = children
        return ast.Binary(left.span.to(right.span), operator.value, left, right)

    def conditional(self, children: Children) -> ast.Conditional:
        first, _if, condition, _else, second = children
        return ast.Conditional(first.span.to(second.span), first, condition, second)

    def size(self, children: Children) -> ast.Size:
        return ast.Size(children[0].span.to(children[-1].span), tuple(children))

    def list(self, children: Children) -> ast.List:
        span = self._span(children[0].start_pos, children[-1].end_pos)
        return ast.List(span, tuple(children[1:-1]))

    def index(self, children: Children) -> ast.Index:
        value, _bracket, index, end = children
        return ast.Index(self._span(value.span.start, end.end_pos), value, index)

    def slice(self, children: Children) -> ast.Slice:
        value, _bracket, *inner, end = children
        colon = next(i for i, part in enumerate(inner) if getattr(part, "type", "") == "COLON")
        first, stop = inner[:colon], inner[colon + 1 :]
        span = self._span(value.span.start, end.end_pos)
        return ast.Slice(span, value, *first or [None], *stop or [None])

    def call(self, children: Children) -> ast.Call:
        name, _bracket, *arguments, end = children
        function = self._name(name)
        span = self._span(function.span.start, end.end_pos)
        return ast.Call(span, function, tuple(arguments))

    def parenthesised(self, children: Children) -> ast.Expression:
        inner: ast.Expression = children[0]
        return inner
