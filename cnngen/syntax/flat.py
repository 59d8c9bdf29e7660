"""Nodes of the tree as text on one line, with no more parentheses than reading them takes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from cnngen.syntax import ast

Node = Any
"""Any node but a definition; unions of this many kinds slow the type checker down."""


def flat(node: Node) -> str:
    """The text of an expression, an argument, an item or a statement."""
    return _TEXT[type(node)](node)


def words(*texts: str) -> str:
    """Texts with a space between them, the empty ones left out."""
    return " ".join(text for text in texts if text)


# --- expressions -----------------------------------------------------------------------------

CONDITIONAL, DISJUNCTION, CONJUNCTION, NEGATION, COMPARISON = range(5)
SIZE, SUM, PRODUCT, UNARY, POSTFIX, ATOM = range(5, 11)
"""How tightly the kinds of expressions bind: the rules of the grammar, the loosest first."""

_BINARY = {
    "or": DISJUNCTION,
    "and": CONJUNCTION,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), COMPARISON),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys(("*", "/", "//", "%"), PRODUCT),
}

_LEVELS = {ast.Conditional: CONDITIONAL, ast.Size: SIZE, ast.Index: POSTFIX, ast.Slice: POSTFIX}


def level(node: ast.Expression) -> int:
    """How tightly the expression binds."""
    if isinstance(node, ast.Binary):
        return _BINARY[node.operator]
    if isinstance(node, ast.Unary):
        return NEGATION if node.operator == "not" else UNARY
    return _LEVELS.get(type(node), ATOM)


def within(node: ast.Expression, least: int) -> str:
    """The expression where one that binds as tightly as ``least`` is read."""
    return flat(node) if level(node) >= least else f"({flat(node)})"


def positional(node: ast.Expression) -> str:
    """An argument without a name: what would start with a sign, or compares, in parentheses.

    A sign there would belong to what stands before: ``conv 64 -1`` is one argument.
    """
    first = node.parts[0] if isinstance(node, ast.Size) else node
    loosest = SIZE if isinstance(node, ast.Size) else SUM
    return within(node, loosest) if not _starts_with_sign(first) else f"({flat(node)})"


def _starts_with_sign(node: ast.Expression) -> bool:
    """Whether the text would begin with a minus."""
    while isinstance(node, ast.Binary):
        if level(node.left) < level(node):
            return False
        node = node.left
    return isinstance(node, ast.Unary) and node.operator == "-"


def _literal(node: ast.Literal) -> str:
    value = node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return _float(node, value) if isinstance(value, float) else str(value)


_FLOAT = re.compile(r"[0-9]+(\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)")


def _float(node: ast.Literal, value: float) -> str:
    """A number as it was written, 1e-3 or 0.001, but for the letter."""
    written = node.span.text
    if _FLOAT.fullmatch(written) and float(written) == value:
        return written.lower()
    return "1e999" if math.isinf(value) else re.sub(r"e\+?(-?)0*", r"e\1", repr(value))


def _name(node: ast.Name) -> str:
    return node.name


def _unary(node: ast.Unary) -> str:
    if node.operator == "not":
        return f"not {within(node.operand, NEGATION)}"
    return f"-{within(node.operand, UNARY)}"


def _binary(node: ast.Binary) -> str:
    own = level(node)
    # Operators are read from the left; comparisons do not follow one another at all.
    left = within(node.left, own + 1 if own == COMPARISON else own)
    return f"{left} {node.operator} {within(node.right, own + 1)}"


def _conditional(node: ast.Conditional) -> str:
    # What follows `else` may be another one; a chain of them may be longer than the stack is deep.
    texts: list[str] = []
    rest: ast.Expression = node
    while isinstance(rest, ast.Conditional):
        condition = within(rest.condition, DISJUNCTION)
        texts.append(f"{within(rest.first, DISJUNCTION)} if {condition} else ")
        rest = rest.second
    return "".join(texts) + flat(rest)


def _size(node: ast.Size) -> str:
    return " x ".join(within(part, SUM) for part in node.parts)


def _list(node: ast.List) -> str:
    return f"[{', '.join(map(flat, node.items))}]"


def _index(node: ast.Index) -> str:
    return f"{_bracketed(node.value, within(node.value, POSTFIX))}[{flat(node.position)}]"


def _slice(node: ast.Slice) -> str:
    first, stop = (flat(each) if each is not None else "" for each in (node.first, node.stop))
    return f"{_bracketed(node.value, within(node.value, POSTFIX))}[{first}:{stop}]"


def _bracketed(value: ast.Expression, text: str) -> str:
    """What stands before a bracket; after a quote, it would start a list."""
    is_quoted = isinstance(value, ast.Literal) and isinstance(value.value, str)
    return f"({text})" if is_quoted else text


def _call(node: ast.Call) -> str:
    return f"{flat(node.function)}({', '.join(map(flat, node.arguments))})"


# --- statements ------------------------------------------------------------------------------


def _argument(node: ast.Argument) -> str:
    return f"{flat(node.name)}={flat(node.value)}"


def _parameter(node: ast.Parameter) -> str:
    return flat(node.name) + (f"={flat(node.default)}" if node.default else "")


def _label(node: ast.Label) -> str:
    if node.quoted:
        return f'"{node.name.name}":'
    return flat(node.name) + (f"[{flat(node.position)}]" if node.position else "") + ":"


def arguments(nodes: Sequence[ast.Expression | ast.Argument]) -> str:
    """The arguments of a layer, as they follow its word."""
    return " ".join(map(argument, nodes))


def argument(node: ast.Expression | ast.Argument) -> str:
    """One argument of a layer."""
    return flat(node) if isinstance(node, ast.Argument) else positional(node)


def label(node: ast.Label | None) -> str:
    """``name:``, or nothing."""
    return flat(node) if node else ""


def _layer(node: ast.Layer) -> str:
    return words(label(node.label), flat(node.word), arguments(node.arguments))


def of_loop(node: ast.Group) -> ast.Repeat | ast.For | None:
    """The loop of ``label: repeat n { ... }``, which is a group of what the loop makes."""
    lines = node.body.statements
    line = lines[0] if len(lines) == 1 else None
    if not node.label or not isinstance(line, ast.Line) or line.shape or len(line.items) != 1:
        return None
    item = line.items[0]
    has_braces = node.body.span != item.span
    return item if isinstance(item, (ast.Repeat, ast.For)) and not has_braces else None


def _group(node: ast.Group) -> str:
    return words(label(node.label), flat(of_loop(node) or node.body))


def _region(node: ast.Region) -> str:
    second = words(flat(node.second), flat(node.otherwise)) if node.second else ""
    head = words(label(node.label), flat(node.word), arguments(node.arguments))
    return words(head, flat(node.body), second)


def repeat_head(node: ast.Repeat) -> str:
    """``repeat count``."""
    return f"repeat {flat(node.times)}"


def for_head(node: ast.For) -> str:
    """``for a, b in``."""
    return f"for {', '.join(map(flat, node.targets))} in"


def _repeat(node: ast.Repeat) -> str:
    return f"{repeat_head(node)} {flat(node.body)}"


def _for(node: ast.For) -> str:
    return f"{for_head(node)} {flat(node.values)} {flat(node.body)}"


def _if(node: ast.If) -> str:
    # A chain of `else if` may be longer than the stack is deep.
    texts: list[str] = []
    rest: ast.Body | ast.If | None = node
    while isinstance(rest, ast.If):
        texts += [f"if {flat(rest.condition)}", flat(rest.body)]
        rest = rest.otherwise
        texts += ["else"] if rest else []
    return words(*texts, flat(rest) if rest else "")


def _body(node: ast.Body) -> str:
    return f"{{ {flat(node.statements[0])} }}" if node.statements else "{ }"


def _line(node: ast.Line) -> str:
    return ", ".join(map(flat, node.items)) + (f" -> {flat(node.shape)}" if node.shape else "")


def _input(node: ast.Input) -> str:
    return words(label(node.label), "input", flat(node.shape))


def _let(node: ast.Let) -> str:
    return f"let {flat(node.name)} = {flat(node.value)}"


def _default(node: ast.Default) -> str:
    return words("default", flat(node.word), arguments(node.arguments))


_TEXT: dict[type, Callable[[Any], str]] = {
    ast.Literal: _literal,
    ast.Name: _name,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Conditional: _conditional,
    ast.Size: _size,
    ast.List: _list,
    ast.Index: _index,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.Argument: _argument,
    ast.Parameter: _parameter,
    ast.Label: _label,
    ast.Layer: _layer,
    ast.Group: _group,
    ast.Region: _region,
    ast.Repeat: _repeat,
    ast.For: _for,
    ast.If: _if,
    ast.Body: _body,
    ast.Line: _line,
    ast.Input: _input,
    ast.Let: _let,
    ast.Default: _default,
}
