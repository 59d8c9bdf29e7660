"""A network's statements, executed: loops unrolled, arguments bound, every shape inferred."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    Related,
    codes,
    did_you_mean,
)
from cnngen.elaborate.bind import bind, op_diagnostic
from cnngen.elaborate.budget import Budget
from cnngen.elaborate.evaluate import describe, fail
from cnngen.elaborate.flow import Flow, Step
from cnngen.elaborate.foreign import foreign_hint
from cnngen.elaborate.names import Unnamed, name_items
from cnngen.elaborate.scope import Binding, Scope, name_problem, refusal
from cnngen.elaborate.stated import LARGEST_MAP, mismatch, read_shape
from cnngen.elaborate.values import FOLLOWS, Values
from cnngen.ir import Chain, Layer
from cnngen.ops import LAYERS, Op, OpError, Shape, parameters, same_size
from cnngen.source import Span
from cnngen.syntax import ast

DEEPEST = 64
"""Levels of nested braces."""

Items = list[Unnamed]


class Walker:
    """Elaborates one network's body. Mistakes are reported, and the walk goes on after them."""

    def __init__(
        self, report: Callable[[Diagnostic], None], parameters: Scope, budget: Budget
    ) -> None:
        self._report_to = report
        self.flow = Flow()
        self.values = Values(self.flow, budget)
        self.root = parameters
        self.input: Span | None = None
        self.early: ast.Name | None = None
        self._spend = budget.spend
        self.mistakes = 0
        self.followed = False
        self.step = 0
        self.depth = 0
        self.groups = 0

    def report(self, diagnostic: Diagnostic) -> None:
        """Pass a mistake on, unless it only follows from one that is reported elsewhere."""
        if diagnostic is FOLLOWS:
            self.followed = True
        else:
            self.mistakes += 1
            self._report_to(diagnostic)

    # --- bodies and statements ---------------------------------------------------------------

    def network(self, body: ast.Body) -> Chain | None:
        """The body as a chain of named items; None where nothing could be made of it."""
        items: Items = []
        self.statements(body, Scope(self.root), items)
        if self.input is None and not self.flow.incomplete:
            self.report(_no_input(body))
        elif self.input is not None and self.early is not None:
            self.report(_before_input(self.early, self.input))
        elif not items and not self.flow.incomplete and not self.mistakes:
            self.report(
                Diagnostic(
                    codes.EMPTY_NETWORK,
                    "this network has no layers",
                    body.span,
                    "expected at least one layer after `input`",
                    hint="for example `conv 16 3x3 pad=1, relu`",
                )
            )
        if self.flow.shape is None or not items:
            return None
        named = name_items(items, self.report, numbered=False)
        first = named[0].input
        return Chain("", named, first, self.flow.shape, body.span, 0, numbered=False)

    def statements(self, body: ast.Body, scope: Scope, items: Items) -> None:
        """Run a body's statements in ``scope``; their layers are added to ``items``."""
        self.depth += 1
        if self.depth > DEEPEST:
            fail(
                codes.TOO_DEEP,
                f"braces nested more than {DEEPEST} levels deep",
                body.span,
                "too deep from here",
                "a network is rarely more than five levels deep",
            )
        for statement in body.statements:
            self._spend(statement.span)
            try:
                _STATEMENTS[type(statement)](self, statement, scope, items)
            except DiagnosticError as error:
                if error.diagnostic.code in FINAL:
                    raise
                self.report(error.diagnostic)
                if type(statement) is not ast.Let:
                    self.flow.lose()
        self.depth -= 1

    def _broken(self, node: ast.Broken, scope: Scope, items: Items) -> None:
        self.flow.incomplete = True
        self.flow.lose()
        self.flow.started = True

    def _input(self, node: ast.Input, scope: Scope, items: Items) -> None:
        if self.input is not None:
            raise DiagnosticError(
                Diagnostic(
                    codes.TWO_INPUTS,
                    "a network has one input, this is a second",
                    node.span,
                    "second input",
                    hint="remove one of the two",
                    related=(Related(self.input, "the first"),),
                )
            )
        self.input = node.span
        self.flow.started = True
        if self.groups:
            raise DiagnosticError(
                Diagnostic(
                    codes.INPUT_IN_GROUP,
                    "`input` stands inside a group",
                    node.span,
                    "expected outside of every group",
                    hint="put it at the start of the network: the input belongs to no group",
                )
            )
        shape = read_shape(self.values.evaluate(node.shape, scope), node.shape.span)
        self.flow.shape = shape
        self.flow.trail.append(Step(node.span, None, None, shape))

    def _let(self, node: ast.Let, scope: Scope, items: Items) -> None:
        value: Binding | None = None
        try:
            value = Binding(self.values.evaluate(node.value, scope))
        finally:  # without a value, the name is known all the same: its uses are no mistakes
            self._define(node.name, scope)
            scope.bindings[node.name.name] = value

    def _define(self, name: ast.Name, scope: Scope) -> None:
        """Make ``name`` known in ``scope``, for now without a value; refuse what cannot be."""
        why = name_problem(name.name)
        if why:
            scope.bindings.setdefault(name.name, None)
            fail(codes.NAME_REFUSED, why, name.span, "choose another name")
        if scope.knows(name.name):
            fail(
                codes.NAME_TAKEN,
                f"`{name.name}` is defined already",
                name.span,
                "defined again",
                "choose another name: a name keeps its value",
            )
        scope.bindings[name.name] = None

    def _line(self, node: ast.Line, scope: Scope, items: Items) -> None:
        self.step += 1
        for item in node.items:
            _ITEMS[type(item)](self, item, scope, items)
        if node.shape is not None:
            self._state(node.shape, scope)

    def _state(self, expression: ast.Expression, scope: Scope) -> None:
        """Check the shape that a line states; take it over where a mistake has lost the shape.

        After a mismatch nobody knows which of the two was meant, so nothing is judged until the
        next statement: one mistake, one diagnostic.
        """
        stated = read_shape(self.values.stated(expression, scope), expression.span)
        flow = self.flow
        if flow.shape is None:
            flow.shape = stated
            flow.trail.append(Step(expression.span, None, None, stated))
        elif not same_size(flow.shape, stated):
            self.report(mismatch(stated, flow, expression.span))
            flow.lose()

    # --- items -------------------------------------------------------------------------------

    def _repeat(self, node: ast.Repeat, scope: Scope, items: Items) -> None:
        count = self.values.evaluate(node.times, scope)
        if type(count) is not int or count < 0:
            fail(
                codes.BAD_LOOP,
                f"`repeat` cannot run {describe(count)} times",
                node.times.span,
                "expected a whole number of at least 0",
            )
        for _ in range(count):
            self._spend(node.times.span)
            self.statements(node.body, Scope(scope), items)

    def _for(self, node: ast.For, scope: Scope, items: Items) -> None:
        values = self.values.evaluate(node.values, scope)
        if not isinstance(values, tuple):
            fail(
                codes.BAD_LOOP,
                f"`for` needs a list, found {describe(values)}",
                node.values.span,
                "not a list",
                "`range(n)` gives 0 to n - 1; `repeat n` needs no name",
            )
        for value in values:
            self._spend(node.values.span)
            inner = Scope(scope)
            row = value if len(node.targets) > 1 else (value,)
            if not isinstance(row, tuple) or len(row) != len(node.targets):
                fail(
                    codes.BAD_LOOP,
                    f"{len(node.targets)} names for {describe(value)}",
                    node.targets[0].span.to(node.targets[-1].span),
                    "expected as many names as the row has values",
                )
            for target, part in zip(node.targets, row, strict=True):
                self._define(target, inner)
                inner.bindings[target.name] = Binding(part)
            self.statements(node.body, inner, items)

    def _if(self, node: ast.If, scope: Scope, items: Items) -> None:
        branch: ast.If | ast.Body | None = node
        while isinstance(branch, ast.If):
            self._spend(branch.condition.span)
            condition = self.values.evaluate(branch.condition, scope)
            if type(condition) is not bool:
                fail(
                    codes.WRONG_OPERAND,
                    f"`if` needs true or false, found {describe(condition)}",
                    branch.condition.span,
                    "neither true nor false",
                    "compare it, for example `stride != 1`",
                )
            branch = branch.body if condition else branch.otherwise
        if branch is not None:
            self.statements(branch, Scope(scope), items)

    def _group(self, node: ast.Group, scope: Scope, items: Items) -> None:
        self._check_label(node.label)
        step, before, mistakes = self.step, self.flow.shape, self.mistakes
        inner: Items = []
        self.groups += 1
        self.statements(node.body, Scope(scope), inner)
        self.groups -= 1
        after = self.flow.shape
        if not inner and not self.flow.incomplete and self.mistakes == mistakes:
            fail(
                codes.EMPTY_NETWORK,
                "this group has no layers",
                node.span,
                "empty",
                "remove it, or put `identity` into it",
            )
        if before is None or after is None:
            return
        numbered = all(item.label is None for item in inner)
        named = name_items(inner, self.report, numbered=numbered)
        chain = Chain("", named, before, after, node.span, step, numbered)
        items.append(Unnamed(node.label, "group", chain))

    def _layer(self, node: ast.Layer, scope: Scope, items: Items) -> None:
        self._spend(node.span)
        self._check_label(node.label)
        cls = LAYERS.get(node.word.name)
        if cls is None:
            self._unknown_layer(node, scope)
            return
        evaluate_argument = partial(self.values.argument, scope)
        bound = bind(node, cls, evaluate_argument, self.report)
        if not self.flow.started:
            self.flow.started = True
            self.early = node.word
        x = self.flow.shape
        if bound is None or x is None:
            self.flow.lose()
            return
        op, symbols, places = bound
        try:
            y = op.infer(x)
        except OpError as error:
            self.report(op_diagnostic(error, node, places))
            self.flow.lose()
            return
        self._check_size(op, x, y, node)
        self.values.carry_symbol(op, x, symbols)
        self.flow.shape = y
        self.flow.trail.append(Step(node.span, op, x, y))
        layer = Layer("", op, x, y, node.span, self.step, symbols, self.flow.symbol)
        items.append(Unnamed(node.label, op.stem, layer))

    def _check_size(self, op: Op, x: Shape, y: Shape, node: ast.Layer) -> None:
        largest = max([y.elements, *(weight.size for weight in op.weights(x))])
        if largest > LARGEST_MAP:
            fail(
                codes.SIZE_TOO_LARGE,
                f"`{op.word}` from {x} to {y} needs an array of {largest:,} values",
                node.span,
                f"at most {LARGEST_MAP:,}",
            )

    def _check_label(self, label: ast.Name | None) -> None:
        if label is not None:
            why = refusal(label.name, of_code=False)
            if why:
                self.report(Diagnostic(codes.NAME_REFUSED, why, label.span, "choose another label"))

    def _unknown_layer(self, node: ast.Layer, scope: Scope) -> None:
        word = node.word.name
        message, hint = f"there is no layer `{word}`", _meant(word, scope)
        span = node.word.span
        self.report(Diagnostic(codes.UNKNOWN_LAYER, message, span, "unknown layer", hint))
        self.flow.lose()
        self.flow.started = True


def _meant(word: str, scope: Scope) -> str:
    """What a word that is no layer was likely meant to be."""
    foreign = foreign_hint(word)
    if foreign:
        return foreign
    if any(word in parameters(cls) for cls in LAYERS.values()):
        return f"`{word}` is an argument: it follows its layer without a comma"
    if scope.find(word) is not None:
        return f"`{word}` is a value: an argument follows its layer without a comma"
    return did_you_mean(word, LAYERS, "`cnngen layers` lists them")


def _before_input(word: ast.Name, place: Span) -> Diagnostic:
    return Diagnostic(
        codes.LAYER_BEFORE_INPUT,
        f"`{word.name}` stands before the network's input",
        word.span,
        "what shape does it get?",
        hint="start the network with its `input`",
        related=(Related(place, "the input"),),
    )


def _no_input(body: ast.Body) -> Diagnostic:
    return Diagnostic(
        codes.EMPTY_NETWORK,
        "this network has no `input`",
        body.span,
        "expected `input HxWxC` as its first line",
        hint="for example `input 224x224x3`",
    )


FINAL = (codes.EXPANSION_LIMIT, codes.TOO_DEEP)
"""Mistakes after which the walk stops: going on would take the time that the limit saves."""

_STATEMENTS: dict[type, Callable[..., None]] = {
    ast.Line: Walker._line,
    ast.Input: Walker._input,
    ast.Let: Walker._let,
    ast.Broken: Walker._broken,
}

_ITEMS: dict[type, Callable[..., None]] = {
    ast.Layer: Walker._layer,
    ast.Group: Walker._group,
    ast.Repeat: Walker._repeat,
    ast.For: Walker._for,
    ast.If: Walker._if,
}
