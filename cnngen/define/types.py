"""The types of parameters in generated code, as what is done with them says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnngen.definition import (
    Body,
    For,
    If,
    Layer,
    Let,
    Node,
    Output,
    Repeat,
    Residual,
    SideHead,
    Use,
    names,
    nodes,
)
from cnngen.elaborate.scope import Word
from cnngen.expressions import (
    Apply,
    Choice,
    Element,
    Expression,
    Items,
    Listed,
    Not,
    Operation,
    Sizes,
    Symbol,
    are_constant,
    is_constant,
    is_list,
)
from cnngen.ops import DepthwiseConv, SeparableConv, kinds, parameters
from cnngen.ops.shapes import POSITIONS

NUMBER, INT, FLOAT, BOOL, WORD, LIST = "number", "int", "float", "bool", "str", "list"
SIZES = {axes: kinds.per_axis().on_axes(axes).type for axes in POSITIONS if axes > 1}
"""The types of a number for each axis, by the number of axes; on one axis it is a number."""

_OF_LISTS = frozenset({"len", "sum", "enumerate", "zip"})
"""Functions of the language that take lists."""

_OF_FRACTIONS = frozenset({"+", "-", "*", "/"})
"""What gives a number with a fraction where it is given one."""

Reads = tuple[Expression, str]
"""An expression, and what is expected of it; an empty text where nothing is."""


def reads(body: Body) -> Iterator[Reads]:
    """Every expression in a body with what is expected of it."""
    for node in nodes(body):
        yield from _of(node)
        for name in names(node):
            for number in name.numbers:
                yield number, INT


def _of(node: Node) -> Iterator[Reads]:
    if isinstance(node, Layer):
        if are_constant(node.op.__dict__.values()):
            return
        known = parameters(type(node.op))
        for field, value in node.op.__dict__.items():
            if is_constant(value):
                continue
            # Keras steps unevenly with another layer, or not at all: known when it is written.
            depthwise = isinstance(node.op, (DepthwiseConv, SeparableConv))
            uneven = depthwise and field == "stride"
            kind = known[field].kind.on_axes(node.at.input.axes).type if field in known else ""
            yield value, INT if uneven else kind
    elif isinstance(node, Use):
        types = {parameter.name: parameter.type for parameter in node.callee.parameters}
        for name, value in node.arguments.items():
            yield value, types.get(name, "")
    elif isinstance(node, Residual):
        yield node.mode, WORD
        yield node.differs, BOOL
    elif isinstance(node, Repeat):
        yield node.times, INT
    elif isinstance(node, For):
        yield node.values, LIST
    elif isinstance(node, If):
        yield node.condition, BOOL
    elif isinstance(node, Let):
        yield node.value, ""
    elif isinstance(node, (SideHead, Output)):
        yield node.weight, FLOAT


def expectations(body: Body) -> dict[str, set[str]]:
    """What is expected of each symbol."""
    expected: dict[str, set[str]] = {}
    lets = [node for node in nodes(body) if isinstance(node, Let)]
    waiting = list(reads(body))
    while waiting:
        expression, want = waiting.pop()
        if isinstance(expression, Symbol):
            if want == FLOAT and want not in expected.get(expression.name, ()):
                waiting += [(let.value, want) for let in lets if let.name == expression.name]
            expected.setdefault(expression.name, set()).add(want)
        elif not is_constant(expression):
            waiting += _inside(expression, want)
    return expected


def _inside(expression: Expression, want: str) -> Iterator[Reads]:
    if isinstance(expression, Operation):
        yield from _operands(expression, want)
    elif isinstance(expression, Not):
        yield expression.operand, BOOL
    elif isinstance(expression, Element):
        yield expression.values, LIST
        yield expression.position, INT
    elif isinstance(expression, Apply) and expression.function == "slice":
        values, *places = expression.arguments
        yield values, LIST
        for place in places:
            yield place, INT
    elif isinstance(expression, Apply):
        single = len(expression.arguments) == 1
        of_list = expression.function in _OF_LISTS or (
            single and expression.function in ("min", "max")
        )
        for argument in expression.arguments:
            yield argument, LIST if of_list else INT if expression.function == "range" else NUMBER
    elif isinstance(expression, Choice):
        yield expression.condition, BOOL
        yield expression.first, want
        yield expression.second, want
    elif isinstance(expression, Sizes):
        for part in expression.parts:
            yield part, INT
    elif isinstance(expression, Items):
        for part in expression.parts:
            yield part, ""


def _operands(expression: Operation, want: str) -> Iterator[Reads]:
    left, right = expression.left, expression.right
    if expression.sign in ("and", "or"):
        yield left, BOOL
        yield right, BOOL
    elif expression.sign in ("==", "!="):
        yield left, _like(right)
        yield right, _like(left)
    else:
        lists = is_list(left) or is_list(right)
        whole = want in (INT, *SIZES.values())
        any_number = FLOAT if want == FLOAT and expression.sign in _OF_FRACTIONS else NUMBER
        kind = LIST if lists else INT if whole else any_number
        yield left, kind
        yield right, kind


def _like(other: Expression) -> str:
    """What a value is compared with tells what it is."""
    if isinstance(other, Word):
        return WORD
    if type(other) is bool:
        return BOOL
    return NUMBER if type(other) in (int, float) else ""


def python_type(expected: set[str], values: Iterable[Expression]) -> str:
    """The type of a parameter, of which these values are known: a default, those of uses."""
    known = list(values)
    if LIST in expected or any(isinstance(value, (Listed, Items)) for value in known):
        return _sequence(known)
    sizes = sorted(expected & {*SIZES.values()})
    is_number = bool(sizes or {INT, NUMBER, FLOAT} & expected)
    # A word where a number may stand, as `pad=same`, is known when code is written.
    if WORD in expected and not is_number:
        return WORD
    if BOOL in expected:
        return BOOL
    if is_number:
        number = NUMBER in expected or FLOAT in expected
        # A size that is also a number, or one of other axes too, is one whole number.
        if INT in expected or (number and sizes) or len(sizes) > 1:
            return INT
        if number:
            is_float = FLOAT in expected or any(type(value) is float for value in known)
            return FLOAT if is_float else INT
        return sizes[0]
    return _of_value(known[0]) if known else INT


def may_be_fraction(expected: set[str]) -> bool:
    """Whether what is done with a value lets it be no whole number."""
    return bool({FLOAT, NUMBER} & expected) and not {INT, LIST, *SIZES.values()} & expected


def is_mixed(expected: set[str]) -> bool:
    """Whether a value is wanted as a whole number in one place, and as any number in another."""
    return bool({INT, *SIZES.values()} & expected and {FLOAT, NUMBER} & expected) or expected <= {
        "",
        LIST,
    }


def _sequence(known: list[Expression]) -> str:
    items = [item for value in known if isinstance(value, tuple) for item in value]
    return f"Sequence[{_of_items(items) or INT}]"


def _of_items(items: list[Expression]) -> str | None:
    """The type that all items of lists have; of lists with several lengths it is a sequence."""
    kinds = {_of_value(item) for item in items}
    if kinds == {INT, FLOAT}:
        return FLOAT
    if len(kinds) > 1 and all(isinstance(item, Listed) for item in items):
        inner = _of_items([each for item in items if isinstance(item, Listed) for each in item])
        return None if inner is None else f"Sequence[{inner}]"
    return kinds.pop() if len(kinds) == 1 else None


def _of_value(value: Expression) -> str:
    if isinstance(value, Listed):
        kinds = [_of_value(item) for item in value]
        return f"tuple[{', '.join(kinds)}]"
    if isinstance(value, tuple):
        return SIZES.get(len(value), LIST)
    if isinstance(value, str):
        return WORD
    return type(value).__name__ if isinstance(value, (bool, int, float)) else INT


def fits(kind: str, value: Expression) -> bool:
    """Whether a parameter of this type can have this value."""
    own = _of_value(value) if not isinstance(value, Listed) else LIST
    if kind.startswith("Sequence"):
        return own == LIST
    if kind == FLOAT:
        return own in (INT, FLOAT)
    if kind in SIZES.values():
        return own in (INT, kind)
    return own == kind


__all__ = ["expectations", "fits", "is_mixed", "may_be_fraction", "python_type", "reads"]
