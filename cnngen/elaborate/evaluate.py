"""The value of an expression: whole numbers, numbers, words, truth, sizes and lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    codes,
    did_you_mean,
    listed,
    shortened,
)
from cnngen.expressions import DEEPEST, LARGEST, LONGEST, OPERATORS, Listed, equal, list_fault
from cnngen.expressions import FUNCTIONS as MEANINGS
from cnngen.ops import initial
from cnngen.ops.kinds import Value
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast

ITEMS_PER_STEP = 16
"""What is done to a list counts by its length."""


def for_free(span: Span, steps: int) -> None:
    """Count nothing: for what is evaluated once."""


class Surroundings(NamedTuple):
    """What an expression is evaluated in.

    ``find`` gives a name's value, or raises DiagnosticError; ``spend`` counts work that was done
    for the expression at a place, and raises where it is too much.
    """

    find: Callable[[ast.Name], Value]
    spend: Callable[[Span, int], None] = for_free


def evaluate(expression: ast.Expression, around: Surroundings, depth: int = 0) -> Value:
    """The value of ``expression``.

    Raises:
        DiagnosticError: with the place of the part that has no value.
    """
    if isinstance(expression, ast.Literal):
        return literal(expression)
    if depth > DEEPEST:
        fail(
            codes.TOO_DEEP,
            f"an expression nested more than {DEEPEST} levels deep",
            expression.span,
            "too deep from here",
            "name a part of it with `let`",
        )
    return _EVALUATE[type(expression)](expression, around, depth + 1)


def literal(expression: ast.Literal) -> Value:
    """The value of what is written out; DiagnosticError where it is too large."""
    if expression.value == math.inf:
        fail(codes.TOO_BIG, "this number is too large", expression.span, "too large")
    return expression.value


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
    if isinstance(value, initial.Initial):
        return f"the initialiser `{value}`"
    if isinstance(value, str) and type(value) is not str:
        return f"the word `{value}`"
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


def _name(node: ast.Name, around: Surroundings, depth: int) -> Value:
    return around.find(node)


def _unary(node: ast.Unary, around: Surroundings, depth: int) -> Value:
    value = evaluate(node.operand, around, depth)
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


def _binary(node: ast.Binary, around: Surroundings, depth: int) -> Value:
    if node.operator in ("and", "or"):
        left = _truth(evaluate(node.left, around, depth), node.left)
        if left == (node.operator == "or"):
            check_unread(node.right, around)
            return left
        return _truth(evaluate(node.right, around, depth), node.right)
    a, b = evaluate(node.left, around, depth), evaluate(node.right, around, depth)
    if node.operator in ("==", "!="):
        _spend_on((a, b), node, around)
        return equal(a, b) == (node.operator == "==")
    if node.operator == "+" and isinstance(a, Listed) and isinstance(b, Listed):
        return _bounded(Listed(a + b), node, around)
    if type(a) not in (int, float) or type(b) not in (int, float):
        fail(
            codes.WRONG_OPERAND,
            f"`{node.operator}` needs two numbers, found {describe(a)} and {describe(b)}",
            node.span,
            "not two numbers",
            _apart(node, a),
        )
    return _bounded(_arithmetic(node, a, b), node, around)


def _conditional(node: ast.Conditional, around: Surroundings, depth: int) -> Value:
    holds = _truth(evaluate(node.condition, around, depth), node.condition)
    taken, other = (node.first, node.second) if holds else (node.second, node.first)
    check_unread(other, around)
    return evaluate(taken, around, depth)


def check_unread(expression: ast.Expression, around: Surroundings) -> None:
    """Refuse names that there are not in what is not evaluated; generated code has it too."""
    for call in calls_in(expression):
        check_call(call)
    for name in names_in(expression):
        try:
            around.find(name)
        except DiagnosticError as error:
            if error.diagnostic.code is codes.UNKNOWN_NAME:
                raise


def names_in(expression: ast.Expression) -> Iterator[ast.Name]:
    """The names that an expression reads, in order; those of functions are not among them."""
    return (node for node in _inside(expression) if isinstance(node, ast.Name))


def calls_in(expression: ast.Expression) -> Iterator[ast.Call]:
    """The calls in an expression, in order, the outer before the inner."""
    return (node for node in _inside(expression) if isinstance(node, ast.Call))


def _inside(expression: ast.Expression) -> Iterator[ast.Expression]:
    """The expression and all that it is made of; the names of functions are not among it."""
    waiting: list[Any] = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.Call):
            waiting += reversed(node.arguments)
        elif not isinstance(node, (ast.Literal, ast.Name)):
            parts = [part if type(part) is tuple else (part,) for part in node]
            waiting += reversed([each for row in parts for each in row if hasattr(each, "span")])


def _apart(node: ast.Binary, a: Value) -> str:
    """A hint where a size has run into an expression: ``28x28x6*scale``."""
    if type(a) is not tuple or not isinstance(node.left, ast.Literal):
        return ""
    sizes = " x ".join(map(str, a))
    return (
        "with an expression in it, a size is written with spaces: "
        f"`{sizes} {node.operator} {node.right.span.text}`"
    )


def _spend_on(values: Iterable[Value], node: ast.Expression, around: Surroundings) -> None:
    length = sum(len(value) for value in values if isinstance(value, tuple))
    around.spend(node.span, length // ITEMS_PER_STEP)


def _arithmetic(node: ast.Binary, a: Any, b: Any) -> Value:
    if node.operator in ("/", "//", "%") and b == 0:
        fail(
            codes.DIVISION_BY_ZERO,
            f"division by zero: {a} {node.operator} {b}",
            node.right.span,
            "this is 0",
        )
    try:
        value: Value = OPERATORS[node.operator](a, b)
    except OverflowError:
        fail(codes.TOO_BIG, "the result is too large", node.span, "too large")
    return value


def _bounded(value: Value, node: ast.Expression, around: Surroundings) -> Value:
    if isinstance(value, tuple):
        around.spend(node.span, len(value) // ITEMS_PER_STEP)
        _check_list(value, node)
    elif not isinstance(value, str) and not -LARGEST < value < LARGEST:
        fail(codes.TOO_BIG, "the result is too large", node.span, "beyond 2^63")
    return value


def _check_list(value: tuple[Any, ...], node: ast.Expression) -> None:
    """Refuse a list that is too long or nested too deep."""
    fault = list_fault(value)
    if fault == "long":
        fail(codes.TOO_BIG, f"a list of more than {LONGEST:,} items", node.span, "too long")
    if fault == "deep":
        message = f"a list nested more than {DEEPEST} levels deep"
        fail(codes.TOO_DEEP, message, node.span, "too deep")


def _size(node: ast.Size, around: Surroundings, depth: int) -> Value:
    sizes: list[int] = []
    for part in node.parts:
        value = evaluate(part, around, depth)
        if type(value) is tuple and isinstance(part, ast.Literal):  # `28x28 x width`
            sizes += value
        elif type(value) is int:
            sizes.append(value)
        else:
            fail(
                codes.WRONG_OPERAND,
                f"a size is made of whole numbers, found {describe(value)}",
                part.span,
                "not a whole number",
                rounded(part, value),
            )
    return tuple(sizes)


def rounded(expression: ast.Expression, value: Value) -> str:
    """A hint where a number that was worked out has a fraction, if only ``.0``."""
    if type(value) is not float or isinstance(expression, ast.Literal):
        return ""
    return f"`round({expression.span.text})` is a whole number"


def _list(node: ast.List, around: Surroundings, depth: int) -> Value:
    return _bounded(Listed(evaluate(item, around, depth) for item in node.items), node, around)


def _index(node: ast.Index, around: Surroundings, depth: int) -> Value:
    value, index = evaluate(node.value, around, depth), evaluate(node.position, around, depth)
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
    if not -len(value) <= index < len(value):
        fail(
            codes.INDEX_OUT_OF_RANGE,
            f"index {index} of a list of {len(value)}: {describe(value)}",
            node.position.span,
            f"expected {-len(value)} to {len(value) - 1}" if value else "the list is empty",
            "the first item has index 0, the last one -1" if value else "",
        )
    item: Value = value[index]
    return item


def _slice(node: ast.Slice, around: Surroundings, depth: int) -> Value:
    value = evaluate(node.value, around, depth)
    if not isinstance(value, Listed):
        fail(
            codes.WRONG_OPERAND,
            f"a part can be taken of a list only, found {describe(value)}",
            node.value.span,
            "not a list",
        )
    first, stop = (
        None if place is None else _place(place, around, depth) for place in (node.first, node.stop)
    )
    return _bounded(Listed(value[first:stop]), node, around)


def _place(node: ast.Expression, around: Surroundings, depth: int) -> int:
    place = evaluate(node, around, depth)
    if type(place) is int:
        return place
    fail(
        codes.WRONG_OPERAND,
        f"a part of a list is between whole numbers, found {describe(place)}",
        node.span,
        "not a whole number",
        rounded(node, place),
    )


def _call(node: ast.Call, around: Surroundings, depth: int) -> Value:
    name = node.function.name
    check_call(node)
    function = FUNCTIONS[name]
    values = [evaluate(argument, around, depth) for argument in node.arguments]
    _spend_on(values, node, around)
    try:
        if any(type(value) is str for value in values):
            raise TypeError  # words are written without quotes
        return _bounded(function(*values), node, around)
    except (TypeError, ValueError, OverflowError):
        given = ", ".join(describe(value) for value in values[:6])
        message = f"`{name}` cannot take {given}" if values else f"`{name}` needs an argument"
        fail(codes.WRONG_OPERAND, message, node.span, "wrong arguments", _call_hint(node, values))


def check_call(node: ast.Call) -> None:
    """Refuse a function that there is not."""
    name = node.function.name
    if name not in FUNCTIONS:
        fail(
            codes.UNKNOWN_FUNCTION,
            f"there is no function `{name}`",
            node.function.span,
            "unknown function",
            did_you_mean(name, FUNCTIONS, f"known: {listed(FUNCTIONS)}"),
        )


def _call_hint(node: ast.Call, values: Sequence[Value]) -> str:
    """What would mend the arguments of a function that cannot take them."""
    for argument, value in zip(node.arguments, values, strict=True):
        if type(value) is str and value in initial.MODE_WORDS:
            return WITHOUT_QUOTES
        word = argument.name if isinstance(argument, ast.Name) else ""
        if word in initial.MODE_WORDS and value != word:
            return hiding(word)
    return f"write {USAGE[node.function.name]}"


WITHOUT_QUOTES = "write it without quotes"


def hiding(name: str) -> str:
    """A hint where a word was likely meant."""
    return f"`{name}` is a name of yours here, which hides the word: choose another name for it"


def _numbers(*values: Value) -> None:
    if any(type(value) not in (int, float) for value in values):
        raise TypeError


def _extreme(which: Callable[..., Any]) -> Callable[..., Value]:
    """``min`` or ``max``, of several numbers or of one list of them."""

    def function(*values: Any) -> Value:
        if len(values) == 1 and isinstance(values[0], tuple):
            values = values[0]
        _numbers(*values)
        found: Value = which(values)
        return found

    return function


def _rounded(name: str) -> Callable[[Any], Value]:
    def function(value: Any) -> Value:
        _numbers(value)
        rounded: int = MEANINGS[name](value)
        return rounded

    return function


def _round_to(value: Any, multiple: Any) -> Value:
    _numbers(value, multiple)
    if type(multiple) is not int or multiple < 1:
        raise ValueError
    rounded: int = MEANINGS["round_to"](value, multiple)
    return rounded


def _length(value: Any) -> Value:
    if not isinstance(value, tuple):
        raise TypeError
    return len(value)


def _range(*bounds: Any) -> Value:
    if any(type(bound) is not int for bound in bounds):
        raise TypeError
    numbers: Value = MEANINGS["range"](*bounds)
    return numbers


def _enumerated(values: Any) -> Value:
    _lists(values)
    rows: Value = MEANINGS["enumerate"](values)
    return rows


def _zipped(*lists: Any) -> Value:
    _lists(*lists)
    if not lists:
        raise TypeError
    rows: Value = MEANINGS["zip"](*lists)
    return rows


def _sum(values: Any) -> Value:
    _lists(values)
    if any(type(value) is not int for value in values):
        raise TypeError
    total: Value = MEANINGS["sum"](values)
    return total


def _lists(*values: Any) -> None:
    if not all(isinstance(value, tuple) for value in values):
        raise TypeError


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": _extreme(min),
    "max": _extreme(max),
    "floor": _rounded("floor"),
    "ceil": _rounded("ceil"),
    "round": _rounded("round"),
    "round_to": _round_to,
    "len": _length,
    "range": _range,
    "enumerate": _enumerated,
    "zip": _zipped,
    "sum": _sum,
    **initial.CALLS,
}

USAGE = {
    "min": "`min(a, b, ...)`",
    "max": "`max(a, b, ...)`",
    "floor": "`floor(number)`",
    "ceil": "`ceil(number)`",
    "round": "`round(number)`",
    "round_to": "`round_to(number, multiple)`",
    "len": "`len(list)`",
    "range": "`range(n)` with a whole number of at least 0, `range(first, stop)`, or "
    f"`range(first, stop, step)`; it gives at most {LONGEST:,} numbers",
    "enumerate": "`enumerate(list)`",
    "zip": "`zip(list, list, ...)` with lists of one length",
    "sum": "`sum(list)` with a list of whole numbers",
    **initial.USAGE,
}

_EVALUATE: dict[type, Callable[[Any, Surroundings, int], Value]] = {
    ast.Name: _name,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Conditional: _conditional,
    ast.Size: _size,
    ast.List: _list,
    ast.Index: _index,
    ast.Slice: _slice,
    ast.Call: _call,
}
