"""Statements of constructors and of ``forward``."""

from __future__ import annotations

from cnngen import definition as d
from cnngen.backends.code import Code, lay_out, names_in
from cnngen.backends.code import code as as_code
from cnngen.backends.python import Block, Condition, Line, Tree, Writer, for_lines
from cnngen.backends.torch.places import Written
from cnngen.expressions import names

METHOD = " " * 8
"""How the lines of a method are indented."""


def laid(prefix: str, made: Code) -> Line:
    """Code after a prefix such as ``x = ``."""
    return Line(lambda indent: lay_out(indent, prefix, made), names_in(made))


def line_of(made: Code) -> Line:
    """Code alone."""
    return Line(lambda indent: lay_out(indent, "", made), names_in(made))


def comment_line(text: str) -> Line:
    """A comment."""
    return Line(lambda indent: [f"{indent}# {text}"])


def assigned(target: str, value: Code) -> Written:
    """What lays ``target = value`` out."""
    return lambda indent: lay_out(indent, f"{target} = ", as_code(value))


def control(
    node: d.Repeat | d.For | d.If, body: Tree, otherwise: Tree, writer: Writer
) -> Block | Condition:
    """A loop or a condition around statements."""
    if isinstance(node, d.If):
        return Condition(node.condition, body, otherwise)
    if isinstance(node, d.Repeat):
        text = writer.text(node.times)
        return Block(
            lambda indent, _live: [f"{indent}for _ in range({text}):"], names(node.times), body
        )
    values = node.values
    targets = node.targets

    def head_of(indent: str, live: frozenset[str]) -> list[str]:
        return for_lines(indent, targets, values, writer, live)

    return Block(head_of, names(values), body)
