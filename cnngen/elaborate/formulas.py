"""The formula of an expression: what generated code can write for its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cnngen.elaborate.evaluate import Listed
from cnngen.formula import (
    Element,
    Extreme,
    Formula,
    Size,
    Symbol,
    is_constant,
    is_long,
    operation,
    substitute,
)
from cnngen.ops.kinds import Value
from cnngen.syntax import ast

Find = Callable[[str], Formula | None]

SIGNS = {"+": "+", "-": "-", "*": "*", "//": "//", "%": "%", "/": "//"}
"""Where ``/`` gives a whole number, Python's ``//`` gives the same."""


def formula_of(
    expression: ast.Expression, find: Find, value: Value, parameters: Mapping[str, Formula]
) -> Formula | None:
    """The expression over the block's parameters; None where it is none, or not in Python's terms.

    Args:
        expression: what the source says.
        find: the formula of a name.
        value: the expression's value, which the formula has to give.
        parameters: the values of the block's parameters.
    """
    try:
        formula = _formula(expression, find, parameters)
        if formula is None or is_constant(formula) or is_long(formula):
            return None
        given = substitute(formula, parameters)
    except (ArithmeticError, TypeError, IndexError):
        return None
    return formula if type(given) is type(value) and given == value else None


def _formula(
    expression: ast.Expression, find: Find, parameters: Mapping[str, Formula]
) -> Formula | None:
    if isinstance(expression, ast.Literal):
        return None if isinstance(expression.value, str) else expression.value
    if isinstance(expression, ast.Name):
        return find(expression.name)
    if isinstance(expression, ast.Binary) and expression.operator in SIGNS:
        left = _formula(expression.left, find, parameters)
        right = _formula(expression.right, find, parameters)
        if left is None or right is None or not _numbers(left, right):
            return None
        return operation(SIGNS[expression.operator], left, right)
    if isinstance(expression, ast.Index):
        values = _formula(expression.value, find, parameters)
        index = _formula(expression.position, find, parameters)
        if values is None or type(index) is not int:
            return None
        return _element(values, index, parameters)
    parts = _several(expression, find, parameters)
    if not parts:
        return None
    made: Formula = Size(parts)
    if isinstance(expression, ast.Call):
        made = Extreme(expression.function.name, parts)
    return substitute(made, {})


def _numbers(left: Formula, right: Formula) -> bool:
    return all(type(side) in (int, float) for side in (left, right) if is_constant(side))


def _element(values: Formula, index: int, parameters: Mapping[str, Formula]) -> Formula | None:
    if isinstance(values, Symbol):  # a size may become one number where it is square
        known = parameters.get(values.name)
        return Element(values, index) if isinstance(known, Listed) else None
    if not is_constant(values):
        return Element(values, index)
    if isinstance(values, tuple) and 0 <= index < len(values):
        item: Formula = values[index]
        return item
    return None


def _several(
    expression: ast.Expression, find: Find, parameters: Mapping[str, Formula]
) -> tuple[Formula, ...]:
    """The formulas of the parts of a size or of the arguments of ``min`` and ``max``."""
    if isinstance(expression, ast.Size):
        parts = [_formula(part, find, parameters) for part in expression.parts]
    elif isinstance(expression, ast.Call) and expression.function.name in ("min", "max"):
        parts = [_formula(part, find, parameters) for part in expression.arguments]
    else:
        return ()
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) > 1 else ()
