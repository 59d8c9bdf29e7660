"""The values of expressions while a network is walked, and which parameters they depend on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from cnngen.diagnostics import Diagnostic, DiagnosticError, codes, did_you_mean, listed, shortened
from cnngen.diagnostics.suggest import MOST_COMPARED
from cnngen.elaborate.budget import Budget
from cnngen.elaborate.evaluate import Surroundings, evaluate, fail
from cnngen.elaborate.flow import Flow
from cnngen.elaborate.formulas import formula_of
from cnngen.elaborate.scope import SHAPE_NAMES, Binding, Scope, Word, word_value
from cnngen.formula import Formula
from cnngen.ops import Op, Shape, Vector
from cnngen.ops.kinds import Value
from cnngen.syntax import ast

CHARACTERS_PER_STEP = 64
"""A long expression counts by its length, short ones not at all."""

FOLLOWS = Diagnostic(codes.UNKNOWN_NAME, "")
"""Raised where a value is unknown because of a mistake that is reported elsewhere."""


class Values:
    """Evaluates expressions at the current place of a network.

    ``fixed`` collects the network's parameters that something depends on; the others stay
    parameters of the generated constructor. ``parameters`` are the values of those of the block
    that is walked.
    """

    def __init__(self, flow: Flow, budget: Budget) -> None:
        self.flow = flow
        self.budget = budget
        self.fixed: set[str] = set()
        self.parameters: dict[str, Formula] = {}

    def argument(
        self, scope: Scope, expression: ast.Expression, free: bool, words: Sequence[str] = ()
    ) -> Binding:
        """An argument's value, with the parameter that it is where it may stay one.

        ``words`` are those that can stand here, which a mistake elsewhere does not take away.
        """
        if isinstance(expression, ast.Name):
            name = expression.name
            if name in words and not scope.knows(name):
                return Binding(Word(name))
            if free:
                return self.lookup(expression, scope)
        value = self.evaluate(expression, scope)
        return Binding(value, None, self.formula(expression, scope, value))

    def formula(self, expression: ast.Expression, scope: Scope, value: Value) -> Formula | None:
        """How the value came about, where parameters of the block have a part in it."""
        if type(expression) is ast.Literal or isinstance(value, str):
            return None

        def find(name: str) -> Formula | None:
            binding = scope.find(name)
            if binding is None:
                own = name == "channels" and self.flow.shape is not None
                return self.flow.channels if own else None
            if binding.formula is None and not isinstance(binding.value, str):
                return binding.value
            return binding.formula

        return formula_of(expression, find, value, self.parameters)

    def evaluate(
        self, expression: ast.Expression, scope: Scope, free: ast.Expression | None = None
    ) -> Value:
        """A value that something depends on: the parameters in it are fixed, but for ``free``."""

        def lookup(name: ast.Name) -> Value:
            binding = self.lookup(name, scope)
            if binding.parameter and name is not free:
                self.fixed.add(binding.parameter)
            return binding.value

        length = expression.span.end - expression.span.start
        self.budget.spend(expression.span, length // CHARACTERS_PER_STEP)
        return evaluate(expression, Surroundings(lookup, self.budget.spend))

    def lookup(self, name: ast.Name, scope: Scope) -> Binding:
        """What a name stands for; DiagnosticError where it has no value."""
        binding = scope.find(name.name)
        if binding is not None:
            return binding
        if name.name in SHAPE_NAMES and not scope.knows(name.name):
            return Binding(self._shape_value(name))
        if scope.knows(name.name) or self.flow.incomplete:
            raise DiagnosticError(FOLLOWS)
        word = word_value(name.name)
        if word is not None:
            return Binding(word)
        known = list(islice(scope.names(), MOST_COMPARED))
        otherwise = f"known here: {listed(known)}"
        if not known:
            define = f"define it with `let {shortened(name.name)} = ...`"
            otherwise = f"{define}, or as a parameter of the network"
        hint = (
            (f"write `{name.name.lower()}`" if name.name in ("True", "False") else "")
            or spaced_size(name.name, known)
            or did_you_mean(name.name, [*known, *SHAPE_NAMES], otherwise)
        )
        message = f"`{name.name}` is not defined"
        raise DiagnosticError(
            Diagnostic(codes.UNKNOWN_NAME, message, name.span, "unknown name", hint)
        )

    def _shape_value(self, name: ast.Name) -> int:
        shape = self.flow.shape
        if shape is None:
            if self.flow.started:
                raise DiagnosticError(FOLLOWS)
            fail(
                codes.LAYER_BEFORE_INPUT,
                f"`{name.name}` has no value before `input`",
                name.span,
                "no shape here yet",
            )
        if isinstance(shape, Vector) and name.name != "channels":
            fail(
                codes.NEEDS_MAP,
                f"a vector of {shape} features has no {name.name}",
                name.span,
                "no map here",
                "`channels` is its number of features",
            )
        if self.flow.symbol and name.name == "channels":
            self.fix_symbol()
        value: int = getattr(shape, name.name)
        return value

    def stated(self, expression: ast.Expression, scope: Scope) -> Value:
        """The stated sizes.

        A number that is stated for a parameter fixes the parameter; the parameter itself, as in
        ``-> classes``, leaves it free.
        """
        last = expression.parts[-1] if isinstance(expression, ast.Size) else expression
        own = self.lookup(last, scope).parameter if isinstance(last, ast.Name) else None
        if own and own == self.flow.symbol:
            return self.evaluate(expression, scope, free=last)
        if self.flow.symbol:
            self.fix_symbol()
        return self.evaluate(expression, scope)

    def carry_symbol(self, op: Op, x: Shape, symbols: dict[str, str]) -> None:
        """Follow the parameter that the channels are; fix it where something depends on it."""
        flow = self.flow
        if flow.symbol and op.depends_on_channels(x):
            self.fix_symbol()
        if op.checks_output():
            self.fixed.update(symbols.values())
        if op.output_parameter:
            flow.symbol = symbols.get(op.output_parameter)

    def fix(self, symbol: str | None) -> None:
        """Fix a parameter, where it is one: something depends on it."""
        if symbol:
            self.fixed.add(symbol)

    def fix_symbol(self) -> None:
        """Fix the parameter that the channels are: something depends on it."""
        assert self.flow.symbol is not None
        self.fixed.add(self.flow.symbol)
        self.flow.symbol = None


def spaced_size(word: str, known: Iterable[str]) -> str:
    """What to say of ``kx3``, where ``k`` is a name: a size of names is written with spaces."""
    parts = re.fullmatch(r"(\w+?)x(\w+)", word)
    if parts and {parts[1], parts[2]} & {*known, *SHAPE_NAMES}:
        return f"a size with a name in it is written with spaces: `{parts[1]} x {parts[2]}`"
    return ""
