"""How a value came about: arithmetic over the parameters of the block that it stands in.

Blocks become classes and functions whose parameters are the block's own; a formula is what the
generated code writes in the place of a number that differs from one use of a block to the next.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnngen.record import NamedTuple

INPUT_CHANNELS = "in channels"
"""The channels that come into a block, as a symbol; no parameter of a user's can have this name."""


class Symbol(NamedTuple):
    """A parameter of the block, or of the network, that the formula stands in."""

    name: str


class Operation(NamedTuple):
    """``left sign right``; the sign is one of ``+ - * // %``."""

    sign: str
    left: Formula
    right: Formula


class Element(NamedTuple):
    """``values[place]`` of a list."""

    values: Formula
    place: Formula


class Extreme(NamedTuple):
    """``min`` or ``max`` of several values."""

    function: str
    values: tuple[Formula, ...]


class Size(NamedTuple):
    """Height and width."""

    parts: tuple[Formula, ...]


Constant = int | float | tuple[Any, ...]
Formula = Constant | Symbol | Operation | Element | Extreme | Size

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "//": 2, "%": 2}
_ATOM = 3


def is_constant(formula: Formula) -> bool:
    """Whether it is a number or a list, without symbols."""
    return not isinstance(formula, Symbol | Operation | Element | Extreme | Size)


def operation(sign: str, left: Formula, right: Formula) -> Formula:
    """``left sign right``, worked out where both are numbers, and without a factor of 1."""
    if is_constant(left) and is_constant(right):
        return _CALCULATE[sign](left, right)
    if sign == "*" and (_is(left, 1) or _is(right, 1)):
        return right if _is(left, 1) else left
    if sign in "+-" and _is(right, 0):
        return left
    if sign == "+" and _is(left, 0):
        return right
    if sign in "+-":
        return _sum(sign, left, right)
    return Operation(sign, left, right)


def _is(formula: Formula, number: int) -> bool:
    return type(formula) is int and formula == number


def _sum(sign: str, left: Formula, right: Formula) -> Formula:
    """A sum or difference, with like terms at its end collected: ``a - 1 + 1`` is ``a``."""
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
        return operation("*", total, term)
    if total == 0:
        return before.left
    return operation("+" if total > 0 else "-", before.left, operation("*", abs(total), term))


def _term(formula: Formula) -> tuple[Formula, Formula]:
    """A term as a factor and what it counts: ``3 * a`` is (3, a), and the number 3 is (3, 1)."""
    if is_constant(formula):
        return formula, 1
    if isinstance(formula, Operation) and formula.sign == "*" and is_constant(formula.left):
        return formula.left, formula.right
    return 1, formula


_CALCULATE: dict[str, Callable[[Any, Any], Constant]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}


def progression(formulas: Sequence[Formula], index: Symbol) -> Formula | None:
    """One formula over ``index`` that gives each of them in turn, from 0 on; None if none does."""
    first = formulas[0]
    if all(formula == first and type(formula) is type(first) for formula in formulas):
        return first
    if any(is_constant(formula) and type(formula) is not int for formula in formulas):
        return None
    start, second = _linear(first), _linear(formulas[1])
    step = {term: second.get(term, 0) - start.get(term, 0) for term in {**start, **second}}
    step = {term: times for term, times in step.items() if times}
    for place, formula in enumerate(formulas):
        wanted = {t: start.get(t, 0) + place * step.get(t, 0) for t in {**start, **step}}
        if _linear(formula) != {term: times for term, times in wanted.items() if times}:
            return None
    change: Formula = 0
    for term, times in step.items():
        change = operation("+", change, operation("*", times, term))
    return operation("+", first, operation("*", index, change))


def _linear(formula: Formula) -> dict[Formula, int]:
    """The formula as a sum: how often it has each term; the number 1 is a term too."""
    if type(formula) is int:
        return {1: formula} if formula else {}
    if isinstance(formula, Operation) and formula.sign in ("+", "-"):
        sign = 1 if formula.sign == "+" else -1
        total = dict(_linear(formula.left))
        for term, times in _linear(formula.right).items():
            total[term] = total.get(term, 0) + sign * times
        return {term: times for term, times in total.items() if times}
    factor, term = _term(formula)
    return {term: factor} if type(factor) is int and not is_constant(term) else {formula: 1}


MOST_PARTS = 64
"""Parts of a formula: a longer one would not be read, and could grow without end."""


def is_long(formula: Formula) -> bool:
    """Whether it has more than ``MOST_PARTS`` parts."""
    waiting, count = [formula], 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > MOST_PARTS:
            return True
        if not isinstance(part, Symbol) and not is_constant(part):
            waiting += _parts(part)
    return False


def bounded(formula: Formula, value: Constant) -> Formula:
    """The formula, or the value itself where the formula is too long."""
    return value if is_long(formula) else formula


def names(formula: Formula) -> frozenset[str]:
    """The symbols in it."""
    if isinstance(formula, Symbol):
        return frozenset({formula.name})
    if is_constant(formula):
        return frozenset()
    return frozenset().union(*map(names, _parts(formula)))


def _parts(formula: Formula) -> tuple[Formula, ...]:
    if isinstance(formula, Operation):
        return (formula.left, formula.right)
    if isinstance(formula, Element):
        return (formula.values, formula.place)
    if isinstance(formula, Extreme):
        return formula.values
    assert isinstance(formula, Size)
    return formula.parts


def substitute(formula: Formula, values: Mapping[str, Formula]) -> Formula:
    """The formula with some of its symbols replaced, worked out as far as it goes."""
    if isinstance(formula, Symbol):
        return values.get(formula.name, formula)
    if is_constant(formula):
        return formula
    parts = tuple(substitute(part, values) for part in _parts(formula))
    if isinstance(formula, Operation):
        return operation(formula.sign, *parts)
    known = all(map(is_constant, parts))
    if isinstance(formula, Element):
        if not known:
            return Element(*parts)
        items: Any = parts[0]
        item: Formula = items[parts[1]]
        return item
    if isinstance(formula, Extreme):
        if known:
            extreme: Constant = (min if formula.function == "min" else max)(parts)
            return extreme
        return Extreme(formula.function, parts)
    return parts if known else Size(parts)


def text(formula: Formula, spelling: Mapping[str, str], around: int = 0) -> str:
    """The formula as Python; ``spelling`` says what symbols are called there."""
    if isinstance(formula, Symbol):
        return spelling.get(formula.name, formula.name)
    if is_constant(formula):
        return repr(formula)
    if isinstance(formula, Operation):
        own = _PRECEDENCE[formula.sign]
        left, right = text(formula.left, spelling, own), text(formula.right, spelling, own + 1)
        written = f"{left} {formula.sign} {right}"
        return f"({written})" if own < around else written
    if isinstance(formula, Element):
        return f"{text(formula.values, spelling, _ATOM)}[{text(formula.place, spelling)}]"
    listed = ", ".join(text(part, spelling) for part in _parts(formula))
    return f"{formula.function}({listed})" if isinstance(formula, Extreme) else f"({listed})"
