"""Symbolic expressions: what a value is in terms of the parameters of its definition.

A definition (a block or a network) is elaborated once, over symbols; generated code writes these
expressions where a number differs from use to use. What each function of the language means is
said here, and nowhere else.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from cnngen.record import NamedTuple


class Listed(tuple[Any, ...]):
    """The value of ``[a, b]``; a plain tuple is a size. Messages show each as it is written."""

    __slots__ = ()


class Symbol(NamedTuple):
    """A parameter, a variable of a loop, or a name that is computed on the way."""

    name: str


class Operation(NamedTuple):
    """``left sign right``: arithmetic, a comparison, ``and`` or ``or``."""

    sign: str
    left: Expression
    right: Expression


class Not(NamedTuple):
    """``not operand``."""

    operand: Expression


class Element(NamedTuple):
    """``values[position]`` of a list."""

    values: Expression
    position: Expression


class Apply(NamedTuple):
    """A function of the language, applied: ``round_to(width * scale, 8)``."""

    function: str
    arguments: tuple[Expression, ...]


class Sizes(NamedTuple):
    """A size with a symbol in it: ``kernel x 1``."""

    parts: tuple[Expression, ...]


class Items(NamedTuple):
    """A list with a symbol in it."""

    parts: tuple[Expression, ...]


class Choice(NamedTuple):
    """``first`` where the condition holds, else ``second``."""

    condition: Expression
    first: Expression
    second: Expression


Constant = int | float | str | tuple[Any, ...]
Expression = Constant | Symbol | Operation | Not | Element | Apply | Sizes | Items | Choice

IN_CHANNELS = "in channels"
"""The channels that come into a definition, as a symbol; no name of a user's has a space."""

_SYMBOLIC = frozenset({Symbol, Operation, Not, Element, Apply, Sizes, Items, Choice})

DEEPEST = 100
"""Levels of nesting in one expression, and in one list."""

LONGEST = 1_000
"""Items in one list, those of the lists in it included."""

LARGEST = 2**63
"""Numbers are below it."""

MOST_PARTS = 64
"""Parts of an expression: a longer one would not be read, and could grow without end."""


# --- what functions and operators mean ---------------------------------------------------------


def divide(a: Any, b: Any) -> int | float:
    """Exact where both are whole and one divides the other: ``224 / 2`` is a size."""
    if type(a) is int and type(b) is int and a % b == 0:
        return a // b
    quotient: float = a / b
    return quotient


def equal(a: Any, b: Any) -> bool:
    """Whether two values are the same: truth is no number."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def nearest(value: Any) -> int:
    """The nearest whole number; a half goes up."""
    below: int = math.floor(value)
    return below + 1 if value - below >= 0.5 else below


def round_to(value: Any, multiple: int) -> int:
    """The nearest multiple, but at least one, and no less than nine tenths of the value.

    So MobileNets round their channels (Sandler et al., 2018, released code).
    """
    rounded: int = max(multiple, math.floor(value / multiple + 0.5) * multiple)
    return rounded + multiple if rounded < 0.9 * value else rounded


def _add(a: Any, b: Any) -> Any:
    """A sum; of two lists, one after the other."""
    return Listed(a + b) if isinstance(a, Listed) else a + b


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "//": operator.floordiv,
    "%": operator.mod,
    "==": equal,
    "!=": lambda a, b: not equal(a, b),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
}
"""What stands between two values."""


def _extreme(which: Callable[[Any], Any]) -> Callable[..., Any]:
    def function(*values: Any) -> Any:
        return which(values[0] if len(values) == 1 else values)

    return function


def _range(*bounds: int) -> Listed:
    """The numbers of Python's ``range``; a count alone is not negative.

    Raises:
        ArithmeticError, ValueError: there are too many of them, or a step of 0.
    """
    numbers = range(*bounds)
    if len(numbers) > LONGEST or (len(bounds) == 1 and bounds[0] < 0):
        raise ValueError("a list has so many items")
    return Listed(numbers)


def _enumerated(values: tuple[Any, ...]) -> Listed:
    """Each item after its place, counted from 0."""
    return Listed(map(Listed, enumerate(values)))


def _zipped(*lists: tuple[Any, ...]) -> Listed:
    """The first items of all lists, then the second ones, and so on.

    Raises:
        ValueError: the lists differ in length.
    """
    return Listed(map(Listed, zip(*lists, strict=True)))


def _part(values: Any, first: int, stop: int | None = None) -> Listed:
    """What stands from one place up to another: ``values[first:stop]``."""
    return Listed(values[first:stop])


def _total(values: tuple[int, ...]) -> int:
    """The sum of whole numbers; Python adds up fractions in another way from one version on."""
    return sum(values)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": _extreme(min),
    "max": _extreme(max),
    "floor": math.floor,
    "ceil": math.ceil,
    "round": nearest,
    "round_to": round_to,
    "len": len,
    "range": _range,
    "enumerate": _enumerated,
    "zip": _zipped,
    "sum": _total,
    "slice": _part,
}
"""What is done with numbers and lists, ``slice`` in brackets; the arguments have been checked."""


def is_bounded(value: Any) -> bool:
    """Whether a value is within the limits of numbers and lists."""
    if isinstance(value, tuple):
        return not list_fault(value)
    return isinstance(value, (bool, str)) or bool(-LARGEST < value < LARGEST)


def list_fault(value: tuple[Any, ...]) -> str:
    """Whether a list is "long" or "deep"; empty where it is neither.

    It ends soon where lists share their parts.
    """
    count, waiting = 0, [(value, 1)]
    while waiting:
        items, depth = waiting.pop()
        count += len(items)
        if count > LONGEST:
            return "long"
        if depth > DEEPEST:
            return "deep"
        waiting += [(item, depth + 1) for item in items if isinstance(item, tuple)]
    return ""


# --- building ------------------------------------------------------------------------------------


def is_constant(expression: Expression) -> bool:
    """Whether it is a value, without symbols."""
    return type(expression) not in _SYMBOLIC


def are_constant(expressions: Iterable[object]) -> bool:
    """Whether all of them are values."""
    return _SYMBOLIC.isdisjoint(map(type, expressions))


def operation(sign: str, left: Expression, right: Expression) -> Expression:
    """``left sign right``, worked out as far as it goes.

    Sums collect like terms, so that channels that are the same are seen to be.
    """
    if is_constant(left) and is_constant(right):
        result: Constant = OPERATORS[sign](left, right)
        return result
    if sign in ("and", "or"):
        return _logic(sign, left, right)
    if sign in ("==", "!="):
        if left == right:
            return sign == "=="
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Choice) and are_constant((one[1], one[2], other)):
                ways = (OPERATORS[sign](way, other) for way in one[1:])
                return choice(one.condition, *ways)
    if sign == "*" and (_is(left, 1) or _is(right, 1)):
        return right if _is(left, 1) else left
    if sign == "*" and isinstance(right, Operation) and right.sign == "/":
        times, over = left, right.right
        if type(times) is int and type(over) is int and over > 0 and times % over == 0:
            return operation("*", times // over, right.left)  # twice a half is the whole
    if sign in ("/", "//") and _is(right, 1):
        return left
    if sign in ("+", "-") and _is(right, 0):
        return left
    if sign == "+" and _is(left, 0):
        return right
    if sign in ("+", "-") and not (is_list(left) or is_list(right)):
        return _sum(sign, left, right)
    return Operation(sign, left, right)


def _logic(sign: str, left: Expression, right: Expression) -> Expression:
    decides = sign == "or"
    for one, other in ((left, right), (right, left)):
        if is_constant(one):
            return one if one is decides else other
    if left == negation(right):
        return decides
    return Operation(sign, left, right)


def _is(expression: Expression, number: int) -> bool:
    return type(expression) is int and expression == number


def _sum(sign: str, left: Expression, right: Expression) -> Expression:
    """A sum or difference, with like terms at its end collected: ``a - 1 + 1`` is ``a``.

    Where a sum is added or taken away, all are, if that leaves fewer: ``a - (a - b)`` is ``b``.
    """
    if isinstance(right, Operation) and right.sign in ("+", "-"):
        terms = _collected(left, right, 1 if sign == "+" else -1)
        if len(terms) < len(_terms(left)) + len(_terms(right)):
            return _total_of(terms)
        return Operation(sign, left, right)
    times, term = _term(right)
    own, before = left, None
    if isinstance(left, Operation) and left.sign in ("+", "-"):
        own, before = left.right, left
    own_times, own_term = _term(own)
    if term != own_term or type(times) is not int or type(own_times) is not int:
        return Operation(sign, left, right)
    total = own_times if before is None or before.sign == "+" else -own_times
    total += times if sign == "+" else -times
    if before is None:
        return operation("*", total, term) if total else 0
    if total == 0:
        return before.left
    return operation("+" if total > 0 else "-", before.left, operation("*", abs(total), term))


def _term(expression: Expression) -> tuple[Expression, Expression]:
    """A term as a factor and what it counts: ``3 * a`` is (3, a), and the number 3 is (3, 1)."""
    if is_constant(expression):
        return expression, 1
    if isinstance(expression, Operation) and expression.sign == "*":
        if is_constant(expression.left):
            return expression.left, expression.right
        if is_constant(expression.right):
            return expression.right, expression.left
    return 1, expression


def difference(left: Expression, right: Expression) -> Expression:
    """``left - right`` with all like terms collected, wherever they stand."""
    return _total_of(_collected(left, right, -1))


def _collected(left: Expression, right: Expression, sign: int) -> dict[Expression, int]:
    """How often a sum or difference has each term, without those that it has not at all."""
    terms = _terms(left)
    for term, times in _terms(right).items():
        terms[term] = terms.get(term, 0) + sign * times
    return {term: times for term, times in terms.items() if times}


def _total_of(terms: Mapping[Expression, int]) -> Expression:
    """The sum of terms; what is taken away does not come first where something is added."""
    total: Expression = 0
    for term, times in sorted(terms.items(), key=lambda item: item[1] < 0):
        sign = "+" if times > 0 else "-"
        total = operation(sign, total, operation("*", abs(times), term))
    return total


def _terms(expression: Expression) -> dict[Expression, int]:
    """The expression as a sum: how often it has each term; the number 1 is a term too."""
    if type(expression) is int:
        return {1: expression}
    if isinstance(expression, Operation) and expression.sign in ("+", "-"):
        sign = 1 if expression.sign == "+" else -1
        total = dict(_terms(expression.left))
        for term, times in _terms(expression.right).items():
            total[term] = total.get(term, 0) + sign * times
        return total
    factor, term = _term(expression)
    return {term: factor} if type(factor) is int and not is_constant(term) else {expression: 1}


def negation(operand: Expression) -> Expression:
    """``not operand``."""
    if is_constant(operand):
        return not operand
    return operand.operand if isinstance(operand, Not) else Not(operand)


def negated(condition: Expression) -> Expression:
    """The opposite of a condition, with comparisons turned round."""
    if isinstance(condition, Operation):
        if condition.sign in OPPOSITES:
            return Operation(OPPOSITES[condition.sign], condition.left, condition.right)
        if condition.sign in ("and", "or"):
            other = "or" if condition.sign == "and" else "and"
            return operation(other, negated(condition.left), negated(condition.right))
    return negation(condition)


OPPOSITES = {"!=": "==", "==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def element(values: Expression, position: Expression) -> Expression:
    """``values[position]``; from the end where that is negative: -1 is the last."""
    if type(position) is int:
        if isinstance(values, Items) and -len(values.parts) <= position < len(values.parts):
            return values.parts[position]
        if is_table(values):
            return items(_row(values, position))
        if is_constant(values):
            known: Any = values
            item: Expression = known[position]
            return item
    return Element(values, position)


def _row(rows: Apply, position: int) -> tuple[Expression, ...]:
    """The items of one row of ``enumerate`` or ``zip``."""
    parts = tuple(element(values, position) for values in rows.arguments)
    if rows.function == "zip":
        return parts
    place: Expression = position
    if position < 0:
        place = operation("-", apply("len", rows.arguments), -position)
    return (place, *parts)


def choice(condition: Expression, first: Expression, second: Expression) -> Expression:
    """``first`` where the condition holds, else ``second``."""
    if is_constant(condition):
        return first if condition else second
    if type(first) is bool and type(second) is bool and first is not second:
        return condition if first else negation(condition)
    return first if first == second else Choice(condition, first, second)


def apply(function: str, arguments: tuple[Expression, ...]) -> Expression:
    """A function of the language, applied."""
    if are_constant(arguments):
        result: Constant = FUNCTIONS[function](*arguments)
        return result
    if function == "len" and isinstance(arguments[0], Items):
        return len(arguments[0].parts)
    if function == "len" and is_table(arguments[0]):
        return apply("len", arguments[0].arguments[:1])  # there are as many rows as items
    return Apply(function, arguments)


def is_table(values: Expression) -> TypeGuard[Apply]:
    """Whether they are the rows of ``enumerate`` or ``zip``."""
    return isinstance(values, Apply) and values.function in ("enumerate", "zip")


def is_list(values: Expression) -> bool:
    """Whether it is seen to be a list."""
    if isinstance(values, Choice):
        return is_list(values.first) or is_list(values.second)
    if isinstance(values, Operation):
        return values.sign == "+" and (is_list(values.left) or is_list(values.right))
    return (
        isinstance(values, (Items, Listed))
        or is_table(values)
        or (isinstance(values, Apply) and values.function in ("range", "slice"))
    )


def rows(values: Expression) -> tuple[Expression, ...] | None:
    """What a loop goes over, one after another; None where it is not known how often it runs."""
    if is_table(values):
        count = apply("len", (values,))
        return tuple(element(values, i) for i in range(count)) if type(count) is int else None
    return listed(substitute(values, {}))


def sizes(parts: tuple[Expression, ...]) -> Expression:
    """A size of these parts."""
    return parts if are_constant(parts) else Sizes(parts)


def items(parts: tuple[Expression, ...]) -> Expression:
    """A list of these items."""
    return Listed(parts) if are_constant(parts) else Items(parts)


def listed(values: Expression) -> tuple[Expression, ...] | None:
    """The items of a list that is written out; None of one that a name stands for."""
    if isinstance(values, Items):
        return values.parts
    return values if isinstance(values, tuple) and is_constant(values) else None


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that it is made of."""
    if isinstance(expression, Operation):
        return (expression.left, expression.right)
    if isinstance(expression, Element):
        return (expression.values, expression.position)
    if isinstance(expression, Apply):
        return expression.arguments
    if isinstance(expression, Not):
        return (expression.operand,)
    if isinstance(expression, Choice):
        return (expression.condition, expression.first, expression.second)
    return expression.parts if isinstance(expression, (Sizes, Items)) else ()


def substitute(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """The expression with some of its symbols replaced, worked out as far as it goes.

    Raises:
        ArithmeticError, TypeError, ValueError, IndexError: it has no value for these.
    """
    if isinstance(expression, Symbol):
        return values.get(expression.name, expression)
    if is_constant(expression):
        return expression
    if isinstance(expression, Choice):  # the way that is not taken may have no value
        condition = substitute(expression.condition, values)
        if is_constant(condition):
            return substitute(expression.first if condition else expression.second, values)
    if isinstance(expression, Operation) and expression.sign in ("and", "or"):
        left = substitute(expression.left, values)
        if is_constant(left) and left is (expression.sign == "or"):
            return left  # what comes after may have no value
        return operation(expression.sign, left, substitute(expression.right, values))
    parts = tuple(substitute(part, values) for part in parts_of(expression))
    if isinstance(expression, Operation):
        return operation(expression.sign, *parts)
    if isinstance(expression, Element):
        return element(*parts)
    if isinstance(expression, Apply):
        return apply(expression.function, parts)
    if isinstance(expression, Not):
        return negation(*parts)
    if isinstance(expression, Choice):
        return choice(*parts)
    return sizes(parts) if isinstance(expression, Sizes) else items(parts)


def names(expression: Expression) -> frozenset[str]:
    """The symbols in it."""
    return frozenset(each.name for each in walk(expression) if isinstance(each, Symbol))


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all that it is made of."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, Symbol):
            waiting += parts_of(part)


def is_long(expression: Expression) -> bool:
    """Whether it has more than ``MOST_PARTS`` parts."""
    return any(count > MOST_PARTS for count, _ in enumerate(walk(expression), 1))
