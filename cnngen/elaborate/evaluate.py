"""The value of an expression: whole numbers, numbers, words, truth, sizes and lists."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, NoReturn

from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    codes,
    did_you_mean,
    listed,
    shortened,
)
from cnngen.ops.kinds import Value
from cnngen.source import Span
from cnngen.syntax import ast

DEEPEST = 100
"""Levels of nesting in one expression."""

LONGEST = 1_000
"""Items in one list, those of the lists in it included."""

LARGEST = 2**63


class Listed(tuple[Any, ...]):
    """The value of ``[a, b]``; a plain tuple is a size. Messages show each as it is written."""

    __slots__ = ()


Lookup = Callable[[ast.Name], Value]
"""Gives a name's value; raises DiagnosticError where it has none."""


def evaluate(expression: ast.Expression, lookup: Lookup, depth: int = 0) -> Value:
    """The value of ``expression``.

    Raises:
        DiagnosticError: with the place of the part that has no value.
    """
    if type(expression) is ast.Literal:
        if expression.value == math.inf:
            fail(codes.TOO_BIG, "this number is too large", expression.span, "too large")
        return expression.value
    if depth > DEEPEST:
        fail(
            codes.TOO_DEEP,
            f"an expression nested more than {DEEPEST} levels deep",
            expression.span,
            "too deep from here",
            "name a part of it with `let`",
        )
    return _EVALUATE[type(expression)](expression, lookup, depth + 1)


def fail(
    code: codes.Code,
    message: str,
    span: Span,
    label: str = "",
    hint: str = "",
    notes: tuple[str, ...] = (),
) -> NoReturn:
    """Raise a diagnostic."""
    raise DiagnosticError(Diagnostic(code, message, span, label, hint, notes))


def describe(value: Value) -> str:
    """A value as a message shows it."""
    if isinstance(value, str):
        return f'the text "{shortened(value)}"'
    return f"`{_written(value)}`"


def _written(value: Value) -> str:
    """The value as a source would have it; of a long list the first items."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.1f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    if not isinstance(value, tuple):
        return str(value)
    shown = [_written(item) for item in value[:6]] + ["..."] * (len(value) > 6)
    return f"[{', '.join(shown)}]" if isinstance(value, Listed) else "x".join(shown)


def _name(node: ast.Name, lookup: Lookup, depth: int) -> Value:
    return lookup(node)


def _unary(node: ast.Unary, lookup: Lookup, depth: int) -> Value:
    value = evaluate(node.operand, lookup, depth)
    if node.operator == "not":
        return not _truth(value, node.operand)
    if type(value) not in (int, float):
        fail(
            codes.WRONG_OPERAND,
            f"`-` needs a number, found {describe(value)}",
            node.operand.span,
            "not a number",
        )
    return -value  # type: ignore[operator]


def _truth(value: Value, node: ast.Expression) -> bool:
    if type(value) is not bool:
        fail(
            codes.WRONG_OPERAND,
            f"expected `true` or `false`, found {describe(value)}",
            node.span,
            "neither true nor false",
            "compare it, for example `stride != 1`",
        )
    return value


def _binary(node: ast.Binary, lookup: Lookup, depth: int) -> Value:
    if node.operator in ("and", "or"):
        left = _truth(evaluate(node.left, lookup, depth), node.left)
        if left == (node.operator == "or"):
            return left
        return _truth(evaluate(node.right, lookup, depth), node.right)
    a, b = evaluate(node.left, lookup, depth), evaluate(node.right, lookup, depth)
    if node.operator in ("==", "!="):
        return _equal(a, b) == (node.operator == "==")
    if node.operator == "+" and isinstance(a, Listed) and isinstance(b, Listed):
        return _bounded(Listed(a + b), node)
    if type(a) not in (int, float) or type(b) not in (int, float):
        fail(
            codes.WRONG_OPERAND,
            f"`{node.operator}` needs two numbers, found {describe(a)} and {describe(b)}",
            node.span,
            "not two numbers",
        )
    return _bounded(_arithmetic(node, a, b), node)


def _equal(a: Value, b: Value) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _arithmetic(node: ast.Binary, a: Any, b: Any) -> Value:
    if node.operator in ("/", "//", "%") and b == 0:
        fail(
            codes.DIVISION_BY_ZERO,
            f"division by zero: {a} {node.operator} {b}",
            node.right.span,
            "this is 0",
        )
    try:
        value: Value = _OPERATORS[node.operator](a, b)
    except OverflowError:
        fail(codes.TOO_BIG, "the result is too large", node.span, "too large")
    return value


def _divide(a: Any, b: Any) -> int | float:
    """Exact where both are whole and one divides the other: ``224 / 2`` is a size."""
    if type(a) is int and type(b) is int and a % b == 0:
        return a // b
    quotient: float = a / b
    return quotient


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": operator.floordiv,
    "%": operator.mod,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _bounded(value: Value, node: ast.Expression) -> Value:
    if isinstance(value, tuple):
        _check_list(value, node)
    elif not isinstance(value, str) and not -LARGEST < value < LARGEST:
        fail(codes.TOO_BIG, "the result is too large", node.span, "beyond 2^63")
    return value


def _check_list(value: tuple[Any, ...], node: ast.Expression) -> None:
    """Refuse a list that is too long or nested too deep, which ends the walk over shared parts."""
    count, waiting = 0, [(value, 1)]
    while waiting:
        items, depth = waiting.pop()
        count += len(items)
        if count > LONGEST:
            fail(codes.TOO_BIG, f"a list of more than {LONGEST:,} items", node.span, "too long")
        if depth > DEEPEST:
            message = f"a list nested more than {DEEPEST} levels deep"
            fail(codes.TOO_DEEP, message, node.span, "too deep")
        waiting += [(item, depth + 1) for item in items if isinstance(item, tuple)]


def _size(node: ast.Size, lookup: Lookup, depth: int) -> Value:
    parts = [(part, evaluate(part, lookup, depth)) for part in node.parts]
    for part, value in parts:
        if type(value) is not int:
            fail(
                codes.WRONG_OPERAND,
                f"a size is made of whole numbers, found {describe(value)}",
                part.span,
                "not a whole number",
                "`//` divides and rounds down",
            )
    return tuple(value for _, value in parts)


def _list(node: ast.List, lookup: Lookup, depth: int) -> Value:
    return _bounded(Listed(evaluate(item, lookup, depth) for item in node.items), node)


def _index(node: ast.Index, lookup: Lookup, depth: int) -> Value:
    value, index = evaluate(node.value, lookup, depth), evaluate(node.position, lookup, depth)
    if not isinstance(value, tuple):
        fail(
            codes.WRONG_OPERAND,
            f"only a list has an index, found {describe(value)}",
            node.value.span,
            "not a list",
        )
    if type(index) is not int:
        fail(
            codes.WRONG_OPERAND,
            f"an index is a whole number, found {describe(index)}",
            node.position.span,
            "not a whole number",
        )
    if not 0 <= index < len(value):
        fail(
            codes.INDEX_OUT_OF_RANGE,
            f"index {index} of a list of {len(value)}: {describe(value)}",
            node.position.span,
            f"expected 0 to {len(value) - 1}" if value else "the list is empty",
            "the first item has index 0",
        )
    item: Value = value[index]
    return item


def _call(node: ast.Call, lookup: Lookup, depth: int) -> Value:
    name = node.function.name
    function = FUNCTIONS.get(name)
    if function is None:
        fail(
            codes.UNKNOWN_FUNCTION,
            f"there is no function `{name}`",
            node.function.span,
            "unknown function",
            did_you_mean(name, FUNCTIONS, f"known: {listed(FUNCTIONS)}"),
        )
    values = [evaluate(argument, lookup, depth) for argument in node.arguments]
    try:
        return _bounded(function(*values), node)
    except (TypeError, ValueError, OverflowError):
        given = ", ".join(describe(value) for value in values[:6])
        message = f"`{name}` cannot take {given}" if values else f"`{name}` needs an argument"
        hint = f"write {USAGE[name]}"
        fail(codes.WRONG_OPERAND, message, node.span, "wrong arguments", hint)


def _numbers(*values: Value) -> None:
    if any(type(value) not in (int, float) for value in values):
        raise TypeError


def _minimum(*values: Any) -> Value:
    if len(values) == 1 and isinstance(values[0], tuple):
        values = values[0]
    _numbers(*values)
    smallest: Value = min(values)
    return smallest


def _maximum(*values: Any) -> Value:
    if len(values) == 1 and isinstance(values[0], tuple):
        values = values[0]
    _numbers(*values)
    largest: Value = max(values)
    return largest


def _rounded(how: Callable[[Any], int]) -> Callable[[Any], Value]:
    def function(value: Any) -> Value:
        _numbers(value)
        return how(value)

    return function


def _nearest(value: Any) -> int:
    """The nearest whole number; a half goes up."""
    below: int = math.floor(value)
    return below + 1 if value - below >= 0.5 else below


def _length(value: Any) -> Value:
    if not isinstance(value, tuple):
        raise TypeError
    return len(value)


def _range(count: Any) -> Value:
    if type(count) is not int or not 0 <= count <= LONGEST:
        raise ValueError
    return Listed(range(count))


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": _minimum,
    "max": _maximum,
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    "round": _rounded(_nearest),
    "len": _length,
    "range": _range,
}

USAGE = {
    "min": "`min(a, b, ...)`",
    "max": "`max(a, b, ...)`",
    "floor": "`floor(number)`",
    "ceil": "`ceil(number)`",
    "round": "`round(number)`",
    "len": "`len(list)`",
    "range": f"`range(n)` with a whole number from 0 to {LONGEST:,}",
}

_EVALUATE: dict[type, Callable[[Any, Lookup, int], Value]] = {
    ast.Name: _name,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Size: _size,
    ast.List: _list,
    ast.Index: _index,
    ast.Call: _call,
}
