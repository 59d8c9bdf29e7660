"""Expressions of a source, over symbols: what its names stand for, and what cannot stay open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cnngen.definition import Form
from cnngen.elaborate.scope import Word, word_value
from cnngen.expressions import (
    DEEPEST,
    FUNCTIONS,
    IN_CHANNELS,
    Apply,
    Choice,
    Expression,
    Operation,
    Sizes,
    Symbol,
    apply,
    are_constant,
    choice,
    element,
    is_bounded,
    is_constant,
    is_long,
    items,
    names,
    negation,
    operation,
    sizes,
    substitute,
)
from cnngen.ops import initial
from cnngen.ops.kinds import Kind, Misfit, PerAxis
from cnngen.ops.shapes import POSITIONS
from cnngen.ops.window import step
from cnngen.syntax import ast


class OpenError(Exception):
    """Code cannot be written for any value of these names: it is written for one of each.

    ``IN_CHANNELS`` among them stands for the channels that come in, ``IN_SIZES`` for the
    sizes.
    """

    def __init__(self, names: Iterable[str], reason: str) -> None:
        super().__init__(reason)
        self.names = frozenset(names)
        self.reason = reason


IN_SIZES = "in sizes"
"""The sizes that come in, where a definition depends on them."""


class Symbols:
    """The names that are visible in a definition.

    ``meanings`` are what names that are computed on the way stand for, over parameters alone.
    """

    def __init__(self, values: Mapping[str, Expression]) -> None:
        self.visible: list[dict[str, Expression]] = [dict(values)]
        self.meanings: dict[str, Expression] = {}
        self.given = frozenset({IN_CHANNELS, *values})
        self.used = set(self.given)
        self.depth = 0

    def __contains__(self, name: object) -> bool:
        """Whether the definition has something of this name."""
        return isinstance(name, str) and self.find(name) is not None

    def find(self, name: str) -> Expression | None:
        """What a name stands for; None where it is no name of the definition's."""
        for scope in reversed(self.visible):
            if name in scope:
                return scope[name]
        return None

    def fresh(self, name: str) -> Symbol:
        """A symbol of this name, or of one like it where that is in use."""
        free, number = name, 1
        while free in self.used:
            number += 1
            free = f"{name}_{number}"
        self.used.add(free)
        return Symbol(free)

    def resolve(self, expression: Expression) -> Expression:
        """The expression over parameters, variables of loops and the channels that come in."""
        if is_constant(expression) or not self.meanings:
            return expression
        known = names(expression) & self.meanings.keys()
        return substitute(expression, {name: self.meanings[name] for name in known})

    def let(self, name: str, value: Expression) -> Symbol | None:
        """Define a name; None where it is a plain value, which stands wherever it is read.

        So does a parameter, or the channels that come in, of which it is but another name.
        """
        meaning = self.resolve(value)
        if is_constant(meaning) or (isinstance(meaning, Symbol) and meaning.name in self.given):
            self.visible[-1][name] = meaning
            return None
        symbol = self.fresh(name)
        self.visible[-1][name] = symbol
        if not is_long(meaning):
            self.meanings[symbol.name] = meaning
        return symbol

    def vary(self, variable: Symbol) -> None:
        """Forget what a variable stands for: it is about to change."""
        self.meanings.pop(variable.name, None)

    def settle(self, variable: Symbol, meaning: Expression | None) -> None:
        """Remember what a variable stands for from here on."""
        if meaning is not None and variable.name not in names(meaning) and not is_long(meaning):
            self.meanings[variable.name] = meaning

    # --- expressions -----------------------------------------------------------------------------

    def expression(self, node: ast.Expression, form: Form) -> Expression:
        """What an expression of the source is, where the value has this form.

        Raises:
            OpenError: it cannot be said without the value of some names.
        """
        if isinstance(node, ast.Literal):
            return node.value
        try:
            made = self._made(node, form)
            meaning = self.resolve(made)
        except (ArithmeticError, TypeError, ValueError, IndexError) as error:
            # In a way that no condition takes with these values; with others it may have a value.
            raise OpenError((), f"an expression has no value: {error}") from error
        if is_constant(meaning):
            return meaning
        if is_long(made):
            raise OpenError(names(meaning), "an expression is too long")
        return made

    def _made(self, node: ast.Expression, form: Form) -> Expression:
        self.depth += 1
        try:
            if self.depth > DEEPEST:
                raise OpenError((), "an expression is too deep")
            made = self._read(node, form)
        finally:
            self.depth -= 1
        result = isinstance(node, (ast.Binary, ast.Call, ast.List, ast.Slice)) and is_constant(made)
        if result and isinstance(made, (int, float, tuple)) and not is_bounded(made):
            raise OpenError((), "a value is too large")
        return made

    def _read(self, node: ast.Expression, form: Form) -> Expression:
        if isinstance(node, ast.Literal):
            return node.value
        if isinstance(node, ast.Name):
            return self._name(node.name, form)
        if isinstance(node, ast.Unary):
            operand = self._made(node.operand, form)
            if node.operator == "not":
                return negation(operand)
            return operation("-", 0, operand)
        if isinstance(node, ast.Binary):
            left = self._made(node.left, form)
            if node.operator in ("and", "or") and left is (node.operator == "or"):
                return left
            return operation(node.operator, left, self._made(node.right, form))
        if isinstance(node, ast.Conditional):
            return self._conditional(node, form)
        if isinstance(node, ast.Size):
            return sizes(tuple(self._sizes(node, form)))
        if isinstance(node, ast.List):
            return items(tuple(self._made(item, form) for item in node.items))
        if isinstance(node, ast.Index):
            return element(self._made(node.value, form), self._made(node.position, form))
        if isinstance(node, ast.Slice):
            first = 0 if node.first is None else self._made(node.first, form)
            stop = () if node.stop is None else (self._made(node.stop, form),)
            return apply("slice", (self._made(node.value, form), first, *stop))
        return self._call(node, form)

    def _conditional(self, node: ast.Conditional, form: Form) -> Expression:
        condition = self._made(node.condition, form)
        if is_constant(condition):  # the other way may have no value
            return self._made(node.first if condition else node.second, form)
        ways = (self._made(node.first, form), self._made(node.second, form))
        return choice(condition, *ways)

    def _sizes(self, node: ast.Size, form: Form) -> Iterable[Expression]:
        for part in node.parts:
            made = self._made(part, form)
            if type(made) is tuple and isinstance(part, ast.Literal):
                yield from made
            else:
                yield made

    def _name(self, name: str, form: Form) -> Expression:
        found = self.find(name)
        if found is not None:
            return found
        if name == "channels":
            return form.channels
        if name in POSITIONS.get(form.axes, ()):
            if form.sizes is None:
                raise OpenError([IN_SIZES], f"it reads the {name} that comes in")
            return form.sizes[POSITIONS[form.axes].index(name)]
        word = word_value(name)
        if word is None:  # in a way that is not taken with what comes in here
            raise OpenError((), f"it reads the {name}, which a value of other axes has")
        return word

    def _call(self, node: ast.Call, form: Form) -> Expression:
        name = node.function.name
        arguments = tuple(self._made(argument, form) for argument in node.arguments)
        if name in FUNCTIONS:
            return apply(name, arguments)
        known = tuple(map(self.resolve, arguments))
        if not are_constant(known):
            raise OpenError(frozenset().union(*map(names, known)), "an initialiser is computed")
        return initial.CALLS[name](*known)

    def value(self, node: ast.Expression, kind: Kind, form: Form) -> Expression:
        """What an argument of a layer is, as it is written: its words stand for themselves."""
        if isinstance(node, ast.Name) and node.name in kind.words and self.find(node.name) is None:
            return Word(node.name)
        return self.expression(node, form)

    def rows(self, node: ast.Expression, form: Form) -> Expression:
        """What a loop goes over: what ``range``, ``enumerate`` and ``zip`` are given stays apart.

        So code has the loop as the source does.

        Raises:
            OpenError: as :meth:`expression` does.
        """
        values = self.expression(node, form)
        name = node.function.name if isinstance(node, ast.Call) else ""
        if not values or not is_constant(values) or name not in ("range", "enumerate", "zip"):
            return values
        assert isinstance(node, ast.Call)
        return Apply(name, tuple(self.expression(each, form) for each in node.arguments))

    def argument(self, node: ast.Expression, kind: Kind, form: Form) -> Any:
        """An argument of a layer, read as its kind where it is a plain value."""
        if isinstance(node, ast.Name) and node.name in kind.literal:
            return node.name
        made = self.value(node, kind, form)
        if is_constant(made):
            try:
                return kind.read(str(made) if isinstance(made, Word) else made)
            except Misfit as misfit:  # in a way that is not taken with these values
                raise OpenError((), "a layer cannot take an argument") from misfit
        if not kind.type and not (kind.written_out and isinstance(made, Sizes)):
            meaning = names(self.resolve(made))
            raise OpenError(meaning, "which layer it is depends on it")
        if isinstance(made, Choice):
            self._check_ways(made, kind)
        return made

    def _check_ways(self, made: Choice, kind: Kind) -> None:
        """Refuse ways of a conditional argument of which code cannot say the one or the other."""
        for way in made[1:]:
            if isinstance(way, Choice):
                self._check_ways(way, kind)
            elif isinstance(way, Sizes) or (is_constant(way) and isinstance(way, (str, tuple))):
                raise OpenError(names(self.resolve(made)), "which layer it is depends on it")
            elif is_constant(way):
                try:
                    kind.read(way)
                except Misfit as misfit:
                    unknown = names(self.resolve(made.condition))
                    raise OpenError(unknown, "a layer cannot take an argument") from misfit


def product(a: Expression, b: Expression) -> Expression | None:
    """One stride after another; None where that cannot be said."""
    if a == 1 or b == 1:
        return b if a == 1 else a
    if is_constant(a) and is_constant(b):
        return _multiplied(a, b)
    if isinstance(a, Sizes) or isinstance(b, Sizes):
        return _by_axis(a, b)
    if (isinstance(a, tuple) and is_constant(a)) or (isinstance(b, tuple) and is_constant(b)):
        return None
    total = operation("*", a, b)
    return None if is_long(total) else total


def stride_with(stride: Expression, values: Mapping[str, Expression]) -> Expression | None:
    """A stride with some of its symbols replaced, which may be one number or one for each axis."""
    if isinstance(stride, Operation) and stride.sign == "*":
        left, right = (stride_with(part, values) for part in (stride.left, stride.right))
        return None if left is None or right is None else product(left, right)
    return step(substitute(stride, values))


def _by_axis(a: Expression, b: Expression) -> Expression | None:
    """Two strides of which one has a symbol on an axis of its own."""
    parts = [_parts(each) for each in (a, b)]
    axes = max(map(len, parts))
    if not all(len(each) in (1, axes) for each in parts):
        return None  # one of them may be a number for each axis
    one, other = (each * axes if len(each) == 1 else each for each in parts)
    total = tuple(operation("*", x, y) for x, y in zip(one, other, strict=True))
    return None if any(map(is_long, total)) else step(Sizes(total))


def _parts(stride: Expression) -> tuple[Expression, ...]:
    """A stride on each axis; nothing where a symbol stands for all of them."""
    if isinstance(stride, Sizes):
        return stride.parts
    if isinstance(stride, int):
        return (stride,)
    return stride if is_constant(stride) and isinstance(stride, tuple) else ()


def _multiplied(a: Any, b: Any) -> int | PerAxis | None:
    """Two strides with values, each one number or one for each axis."""
    axes = {len(each) for each in (a, b) if isinstance(each, tuple)}
    if not axes:
        total: int = a * b
        return total
    if len(axes) > 1 or not axes <= POSITIONS.keys():
        return None  # a size that was multiplied as a list
    one, other = (each if isinstance(each, tuple) else (each,) * max(axes) for each in (a, b))
    return tuple(x * y for x, y in zip(one, other, strict=True))
