"""A network's statements, executed: loops unrolled, arguments bound, every shape inferred."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    Related,
    codes,
    did_you_mean,
    listed,
    shortened,
)
from cnngen.elaborate.bind import bind, op_diagnostic
from cnngen.elaborate.evaluate import describe, evaluate, fail
from cnngen.elaborate.flow import Flow, Step
from cnngen.elaborate.names import Unnamed, name_items
from cnngen.elaborate.scope import SHAPE_NAMES, Binding, Scope, argument_words, refusal
from cnngen.elaborate.stated import LARGEST_MAP, mismatch, read_shape
from cnngen.ir import Chain, Layer
from cnngen.ops import LAYERS, Map, Op, OpError, Shape, Vector, same_size
from cnngen.ops.kinds import Value
from cnngen.source import Span
from cnngen.syntax import ast

DEEPEST = 64
"""Levels of nested braces."""

CHARACTERS_PER_STEP = 64
"""A long expression counts by its length, short ones not at all."""

FOREIGN_WORDS = {
    "adaptiveavgpool": "avgpool adaptive=HxW",
    "adaptivemaxpool": "maxpool adaptive=HxW",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "convolution": "conv",
    "convtranspose": "conv_transpose",
    "deconv": "conv_transpose",
    "depthwise": "depthwise_conv",
    "depthwiseconv": "depthwise_conv",
    "dwconv": "depthwise_conv",
    "fc": "dense",
    "fullyconnected": "dense",
    "gap": "avgpool global",
    "globalaveragepooling": "avgpool global",
    "globalavgpool": "avgpool global",
    "globalmaxpool": "maxpool global",
    "globalmaxpooling": "maxpool global",
    "groupnormalization": "groupnorm",
    "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_swish",
    "layernormalization": "layernorm",
    "leakyrelu": "leaky_relu",
    "linear": "dense",
    "localresponsenorm": "lrn",
    "logsoftmax": "log_softmax",
    "maxpooling": "maxpool",
    "pool": "maxpool",
    "swish": "silu",
    "view": "flatten",
}
"""What other tools call our layers, in lower case, without ``_`` and without ``2d``."""

Items = list[Unnamed]


class Budget:
    """Counts the work of a file's networks, so that no source takes unbounded time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.spent = 0

    def spend(self, span: Span, steps: int = 1) -> None:
        """Take ``steps``; fail where there are none left."""
        self.spent += steps
        if self.spent > self.most:
            fail(
                codes.EXPANSION_LIMIT,
                f"the networks of this file take more than {self.most:,} steps to expand",
                span,
                "the limit is reached here",
                "a layer, a statement and each turn of a loop count; `--max-steps` raises the "
                "limit",
            )


class Walker:
    """Elaborates one network's body. Mistakes are reported, and the walk goes on after them."""

    def __init__(
        self, report: Callable[[Diagnostic], None], parameters: Scope, budget: Budget
    ) -> None:
        self._report_to = report
        self.flow = Flow()
        self.root = parameters
        self.fixed: set[str] = set()
        self.input: Span | None = None
        self.incomplete = False
        self.early: ast.Name | None = None
        self._spend = budget.spend
        self.mistakes = 0
        self.step = 0
        self.depth = 0
        self.groups = 0

    def report(self, diagnostic: Diagnostic) -> None:
        """Pass a mistake on, unless it only follows from one that is reported elsewhere."""
        if diagnostic is not FOLLOWS:
            self.mistakes += 1
            self._report_to(diagnostic)

    # --- bodies and statements ---------------------------------------------------------------

    def network(self, body: ast.Body) -> Chain | None:
        """The body as a chain of named items; None where nothing could be made of it."""
        items: Items = []
        self.statements(body, Scope(self.root), items)
        if self.input is None and not self.incomplete:
            self.report(_no_input(body))
        elif self.input is not None and self.early is not None:
            self.report(_before_input(self.early, self.input))
        elif not items and not self.incomplete and not self.mistakes:
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
        self.incomplete = True
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
        shape = read_shape(self._evaluate(node.shape, scope), node.shape.span)
        self.flow.shape = shape
        self.flow.trail.append(Step(node.span, None, None, shape))

    def _let(self, node: ast.Let, scope: Scope, items: Items) -> None:
        self._define(node.name, scope)
        scope.bindings[node.name.name] = Binding(self._evaluate(node.value, scope))

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
        stated = read_shape(self._stated_value(expression, scope), expression.span)
        flow = self.flow
        if flow.shape is None:
            flow.shape = stated
            flow.trail.append(Step(expression.span, None, None, stated))
        elif not same_size(flow.shape, stated):
            self.report(mismatch(stated, flow, expression.span))
            flow.lose()

    def _stated_value(self, expression: ast.Expression, scope: Scope) -> Value:
        """The stated sizes.

        A number that is stated for a parameter fixes the parameter; the parameter itself, as in
        ``-> classes``, leaves it free.
        """
        last = expression.parts[-1] if isinstance(expression, ast.Size) else expression
        own = isinstance(last, ast.Name) and self._lookup(last, scope).parameter
        if own and own == self.flow.symbol:
            was_fixed = own in self.fixed
            value = self._evaluate(expression, scope)
            if not was_fixed:
                self.fixed.discard(own)
            for part in expression.parts[:-1] if isinstance(expression, ast.Size) else ():
                self._evaluate(part, scope)
            return value
        if self.flow.symbol:
            self._fix_symbol()
        return self._evaluate(expression, scope)

    # --- items -------------------------------------------------------------------------------

    def _repeat(self, node: ast.Repeat, scope: Scope, items: Items) -> None:
        count = self._evaluate(node.times, scope)
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
        values = self._evaluate(node.values, scope)
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
            condition = self._evaluate(branch.condition, scope)
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
        if not inner and not self.incomplete and self.mistakes == mistakes:
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
        build = partial(_chain, named, before, after, node.span, step, numbered)
        items.append(Unnamed(node.label, "group", build))

    def _layer(self, node: ast.Layer, scope: Scope, items: Items) -> None:
        self._spend(node.span)
        self._check_label(node.label)
        cls = LAYERS.get(node.word.name)
        if cls is None:
            self._unknown_layer(node, scope)
            return
        evaluate_argument = partial(self._argument, scope)
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
        self._carry_symbol(op, x, symbols)
        self.flow.shape = y
        self.flow.trail.append(Step(node.span, op, x, y))
        width = self.flow.symbol
        build = partial(_made_layer, op, x, y, node.span, self.step, symbols, width)
        items.append(Unnamed(node.label, op.stem, build))

    def _check_size(self, op: Op, x: Shape, y: Shape, node: ast.Layer) -> None:
        largest = max([y.elements, *(weight.size for weight in op.weights(x))])
        if largest > LARGEST_MAP:
            fail(
                codes.SIZE_TOO_LARGE,
                f"`{op.word}` from {x} to {y} needs an array of {largest:,} values",
                node.span,
                f"at most {LARGEST_MAP:,}",
            )

    def _carry_symbol(self, op: Op, x: Shape, symbols: dict[str, str]) -> None:
        """Follow the parameter that the channels are; fix it where something depends on it."""
        flow = self.flow
        regroups = isinstance(x, Map) and op.word == "flatten" and x.height * x.width > 1
        if flow.symbol and (op.reads_channels or regroups):
            self._fix_symbol()
        if getattr(op, "groups", 1) != 1:
            self.fixed.update(symbols.values())
        if op.output_parameter:
            flow.symbol = symbols.get(op.output_parameter)

    def _fix_symbol(self) -> None:
        assert self.flow.symbol is not None
        self.fixed.add(self.flow.symbol)
        self.flow.symbol = None

    def _check_label(self, label: ast.Name | None) -> None:
        if label is not None:
            why = refusal(label.name, of_code=False)
            if why:
                self.report(Diagnostic(codes.NAME_REFUSED, why, label.span, "choose another label"))

    def _unknown_layer(self, node: ast.Layer, scope: Scope) -> None:
        word = node.word.name
        hint = did_you_mean(word, LAYERS, "`cnngen layers` lists them")
        plain = re.sub(r"[123]d$", "", word.lower().replace("_", ""))
        if plain in FOREIGN_WORDS:
            hint = f"it is called `{FOREIGN_WORDS[plain]}` here"
        elif plain in LAYERS:
            hint = f"it is called `{plain}` here"
        elif any(word in names for names in _argument_names()):
            hint = f"`{word}` is an argument: it follows its layer without a comma"
        elif scope.find(word) is not None:
            hint = f"`{word}` is a value: an argument follows its layer without a comma"
        message = f"there is no layer `{word}`"
        span = node.word.span
        self.report(Diagnostic(codes.UNKNOWN_LAYER, message, span, "unknown layer", hint))
        self.flow.lose()
        self.flow.started = True

    # --- values ------------------------------------------------------------------------------

    def _argument(self, scope: Scope, expression: ast.Expression, free: bool) -> Binding:
        """An argument's value, with the parameter that it is where it may stay one."""
        if free and isinstance(expression, ast.Name):
            return self._lookup(expression, scope)
        return Binding(self._evaluate(expression, scope))

    def _evaluate(self, expression: ast.Expression, scope: Scope) -> Value:
        """A value that something depends on: the parameters in it are fixed."""

        def lookup(name: ast.Name) -> Value:
            binding = self._lookup(name, scope)
            if binding.parameter:
                self.fixed.add(binding.parameter)
            return binding.value

        length = expression.span.end - expression.span.start
        self._spend(expression.span, length // CHARACTERS_PER_STEP)
        return evaluate(expression, lookup)

    def _lookup(self, name: ast.Name, scope: Scope) -> Binding:
        binding = scope.find(name.name)
        if binding is not None:
            return binding
        if name.name in SHAPE_NAMES and not scope.knows(name.name):
            return Binding(self._shape_value(name))
        if scope.knows(name.name) or self.incomplete:
            raise DiagnosticError(FOLLOWS)
        known = list(scope.names())
        otherwise = f"known here: {listed(known)}"
        if not known:
            define = f"define it with `let {shortened(name.name)} = ...`"
            otherwise = f"{define}, or as a parameter of the network"
        hint = spaced_size(name.name, known) or did_you_mean(
            name.name, [*known, *SHAPE_NAMES], otherwise
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
            self._fix_symbol()
        value: int = getattr(shape, name.name)
        return value


def name_problem(name: str) -> str:
    """Why a parameter or variable cannot be called ``name``; empty where it can."""
    why = refusal(name)
    if not why and name in argument_words():
        why = f"`{name}` is a word that layers take as a value"
    return why


def spaced_size(word: str, known: Iterable[str]) -> str:
    """What to say of ``kx3``, where ``k`` is a name: a size of names is written with spaces."""
    parts = re.fullmatch(r"(\w+?)x(\w+)", word)
    if parts and {parts[1], parts[2]} & {*known, *SHAPE_NAMES}:
        return f"a size with a name in it is written with spaces: `{parts[1]} x {parts[2]}`"
    return ""


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


def _argument_names() -> list[frozenset[str]]:
    from cnngen.ops import parameters

    return [frozenset(parameters(cls)) for cls in LAYERS.values()]


def _chain(
    items: tuple[Any, ...],
    x: Shape,
    y: Shape,
    span: Span,
    step: int,
    numbered: bool,
    name: str,
) -> Chain:
    return Chain(name, items, x, y, span, step, numbered)


def _made_layer(
    op: Op,
    x: Shape,
    y: Shape,
    span: Span,
    step: int,
    symbols: dict[str, str],
    width: str | None,
    name: str,
) -> Layer:
    return Layer(name, op, x, y, span, step, symbols, width)


FINAL = (codes.EXPANSION_LIMIT, codes.TOO_DEEP)
"""Mistakes after which the walk stops: going on would take the time that the limit saves."""

FOLLOWS = Diagnostic(codes.UNKNOWN_NAME, "")
"""Raised where a value is unknown because of a mistake that is reported elsewhere."""

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
