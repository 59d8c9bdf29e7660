"""The walk over a network's statements: what it knows on its way, and the plain statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from cnngen.diagnostics import Diagnostic, DiagnosticError, Related, codes
from cnngen.elaborate.budget import Budget
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Flow
from cnngen.elaborate.names import Items, Label, Unnamed, name_items
from cnngen.elaborate.naming import naming_of
from cnngen.elaborate.place import Applied, Branch, Fork, Labelled, Namespace, Place
from cnngen.elaborate.reached import OpenBodies
from cnngen.elaborate.scope import Scope, refusal, refusal_of_quoted, written_label
from cnngen.elaborate.start import Start
from cnngen.elaborate.stated import mismatch, read_shape
from cnngen.elaborate.values import FOLLOWS, Values
from cnngen.elaborate.zero_init import Zeroed
from cnngen.ir import At, Chain, Input, Instance, Layer, SideHead
from cnngen.ops import Shape, same_size
from cnngen.ops.kinds import Value
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast

MOST_CALLS_SHOWED = 6
"""Uses of blocks shown of the way to a mistake."""

FINAL = (codes.EXPANSION_LIMIT, codes.TOO_DEEP)
"""Mistakes after which the walk stops: going on would take the time that the limit saves."""

Report = Callable[[Diagnostic], None]
Handler = Callable[["Walker", Any, Place], None]


class Call(NamedTuple):
    """The use of a block, or of what is applied again, that is being walked.

    ``span`` is where it is used.
    """

    name: str
    span: Span
    node: ast.Block | ast.Network | ast.Item


class Head(NamedTuple):
    """A side head: what it gives, and where."""

    label: Label
    output: Shape
    span: Span


class Walker:
    """Elaborates one network's body. Mistakes are reported, and the walk goes on after them."""

    def __init__(
        self,
        report: Report,
        parameters: Scope,
        budget: Budget,
        items: Mapping[type, Handler],
        blocks: Mapping[str, Any],
        most_levels: int,
    ) -> None:
        self._report_to = report
        self.handlers = items
        self.flow = Flow()
        self.values = Values(self.flow, budget)
        self.root = parameters
        self.input: Span | None = None
        self.early: ast.Name | None = None
        self.spend = budget.spend
        self.budget = budget
        self.most_levels = most_levels
        self.mistakes = 0
        self.followed = False
        self.lines = 0
        self.step = 0
        self.depth = 0
        self.regions = 0
        self.calls: list[Call] = []
        self.blocks = blocks
        self.heads: list[Head] = []
        self.bodies: dict[object, Any] = {}
        self.start = Start()
        self.axes = 2  # of the network's maps, where the value itself is lost
        self.zeroed: Zeroed = {}
        self.untaken: set[int] = set()
        self.bodies_open = OpenBodies()

    def report(self, diagnostic: Diagnostic) -> None:
        """Pass a mistake on, unless it only follows from one that is reported elsewhere."""
        if diagnostic is FOLLOWS:
            self.followed = True
            return
        if diagnostic.code.severity == "error":
            self.mistakes += 1
            self.bodies_open.mistake()
        shown = self.calls[: -MOST_CALLS_SHOWED - 1 : -1]
        uses = tuple(Related(call.span, f"in `{call.name}`, used here") for call in shown)
        self._report_to(diagnostic._replace(related=(*diagnostic.related, *uses)))

    # --- bodies --------------------------------------------------------------------------------

    def network(self, body: ast.Body) -> Chain | None:
        """The body as a chain of named items; None where nothing could be made of it."""
        place = Place(Scope(self.root), [], Namespace(body, top=True))
        self.statements(body, place)
        if self.input is None and not self.flow.incomplete:
            self.report(_no_input(body))
        elif self.input is not None and self.early is not None:
            self.report(_before_input(self.early, self.input))
        elif not _layers(place.items) and not self.flow.incomplete and not self.mistakes:
            self.report(
                Diagnostic(
                    codes.EMPTY_NETWORK,
                    "this network has no layers",
                    body.span,
                    "expected at least one layer after `input`",
                    hint="for example `conv 16 3x3 pad=1, relu`",
                )
            )
        if self.flow.shape is None or not _layers(place.items):
            return None
        self.check_left(place.namespace)
        named = name_items(place.items, self.report, naming_of(body, top=True))
        return Chain("", named, At(named[0].at.input, self.flow.shape, body.span, 0))

    def statements(self, body: ast.Body, place: Place) -> None:
        """Run a body's statements; their items are added at ``place``."""
        self.go_deeper(body.span)
        self.bodies_open.enter(body, place)
        for statement in body.statements:
            self.spend(statement.span)
            try:
                _STATEMENTS[type(statement)](self, statement, place)
            except DiagnosticError as error:
                if error.diagnostic.code in FINAL:
                    raise
                self.report(error.diagnostic)
                if type(statement) is not ast.Let:
                    self.flow.lose()
        self.bodies_open.leave()
        self.depth -= 1

    def go_deeper(self, span: Span) -> None:
        """Count a level of braces, blocks or ``else if``; end where there are too many."""
        self.depth += 1
        if self.depth > self.most_levels:
            fail(
                codes.TOO_DEEP,
                f"braces and blocks nested more than {self.most_levels} levels deep",
                span,
                "too deep from here",
                "a network is rarely more than ten levels deep; `--max-depth` raises the limit",
            )

    def chain(self, place: Place, before: Shape, span: Span, step: int) -> Chain | None:
        """What stands at ``place`` as a chain of its own; None where a mistake lost its shape."""
        after = self.flow.shape
        if after is None:
            return None
        if place.namespace.around is None:  # of a group, all that is around may read its values
            self.check_left(place.namespace)
        naming = naming_of(place.namespace.named)
        named = name_items(place.items, self.report, naming)
        return Chain("", named, At(before, after, span, step), naming.numbered)

    def check_left(self, namespace: Namespace) -> None:
        """Refuse labelled values that were left by a ``from`` and that nothing reads."""
        for group in namespace.groups:
            self.check_left(group)
        for label, span in namespace.left.items():
            if label not in namespace.read:
                written = written_label(label)
                sized = label in namespace.sizes_read
                self.report(
                    Diagnostic(
                        codes.VALUE_UNUSED,
                        f"the value of `{label}` is used by nothing",
                        span,
                        "left, and only its size is read" if sized else "left, and not read again",
                        hint=f"join it with `concat {written}` or `add {written}`, return it with "
                        f"`output {written}`, or remove it",
                    )
                )

    def items(self, items: tuple[ast.Item, ...], place: Place) -> None:
        """The items of a line."""
        step = self.step
        for item in items:
            self.handlers[type(item)](self, item, place)
            self.step = step

    # --- statements ----------------------------------------------------------------------------

    def _broken(self, node: ast.Broken, place: Place) -> None:
        self.flow.incomplete = True
        self.flow.lose()
        self.flow.started = True

    def leave(self, by: ast.Name, place: Place) -> None:
        """Note that the current value is left; refuse it where no label lets anything read it."""
        if self.flow.shape is None:
            return
        if place.items and isinstance(place.items[-1].item, SideHead):  # which has used it
            return
        last = place.items[-1].label if place.items else None
        if last is not None:
            place.namespace.left[last.name] = last.span
        elif place.items:
            what = "goes on from elsewhere"
            fail(
                codes.VALUE_UNUSED,
                f"what stands before this `{by.name}` is used by nothing",
                by.span,
                "returns something else" if by.name == "output" else what,
                f"give it a label, and {_READS.get(by.name, 'join it further on')}, or remove it",
            )

    def _input(self, node: ast.Input, place: Place) -> None:
        if self.calls:
            fail(
                codes.INPUT_IN_GROUP,
                "`input` stands inside a block",
                node.span,
                "expected in a network",
                "leave it out: a block takes what it is used on",
            )
        if self.input is not None:
            try:
                self._check_named(node, place)
            except DiagnosticError:
                self.flow.lose()
                self.keep(self.label(node.label, place), place)
                raise
            self.leave(ast.Name(node.span, "input"), place)
        first = self.input = self.input or node.span
        before = self.flow.shape
        try:
            shape = self._input_shape(node, place)
        finally:  # what comes after it is no longer before the input, whatever is wrong with it
            self.flow.started = True
        self.flow.begin(shape, node.span)
        if node.label is not None and node.label.numbers:
            fail(
                codes.WRONG_OPERAND,
                "the label of an input has no index",
                node.label.span,
                "expected a label alone",
                f"write `{node.label.name.name}: input ...`",
            )
        label = self.label(node.label, place)
        if label is not None:
            x = shape if first == node.span or before is None else before
            self.add(Unnamed(label, node, Input("", At(x, shape, node.span, self.step))), place)

    def _check_named(self, node: ast.Input, place: Place) -> None:
        """Refuse a second input where one of the two has no label."""
        assert self.input is not None
        starts = place.items and isinstance(place.items[0].item, Input)
        if node.label is not None and starts:
            return
        raise DiagnosticError(
            Diagnostic(
                codes.INPUT_UNNAMED,
                "of several inputs, each has a label",
                node.span if node.label is None else self.input,
                "this one has none",
                hint="label each, `left: input ...` and `right: input ...`; `-> HxWxC` states "
                "the shape in the middle of a network",
                related=(Related(self.input, "the first"),) if node.label is None else (),
            )
        )

    def _input_shape(self, node: ast.Input, place: Place) -> Shape:
        if not place.namespace.top or self.regions:
            fail(
                codes.INPUT_IN_GROUP,
                "`input` stands inside a group",
                node.span,
                "expected outside of every group",
                "put it at the start of the network: the input belongs to no group",
            )
        shape = read_shape(self.values.evaluate(place.scope, node.shape), node.shape.span)
        self.axes = shape.axes or self.axes
        return shape

    def _default(self, node: ast.Default, place: Place) -> None:
        """Nothing to do: it is in force since the definition began."""

    def _let(self, node: ast.Let, place: Place) -> None:
        scope = place.scope
        value: Value | None = None
        try:
            value = self.values.evaluate(scope, node.value)
        finally:  # without a value, the name is known all the same: its uses are no mistakes
            self.define(node.name, scope)
            scope.values[node.name.name] = value

    def define(self, name: ast.Name, scope: Scope) -> None:
        """Make ``name`` known in ``scope``, for now without a value; refuse what cannot be."""
        why = refusal(name.name)
        if why:
            scope.values.setdefault(name.name, None)
            fail(codes.NAME_REFUSED, why, name.span, "choose another name")
        if scope.knows(name.name):
            fail(
                codes.NAME_TAKEN,
                f"`{name.name}` is defined already",
                name.span,
                "defined again",
                "choose another name: a name keeps its value",
            )
        scope.values[name.name] = None

    def _line(self, node: ast.Line, place: Place) -> None:
        self.lines += 1
        self.step = self.lines
        if place.fork is not None and not _is_control(node):
            self._branch(node, place, place.fork)
            return
        self.items(node.items, place)
        if node.shape is not None:
            self._state(node.shape, place.scope)

    def _branch(self, node: ast.Line, place: Place, fork: Fork) -> None:
        """A line of a region of branches: it starts from the value that all of them share."""
        step, mistakes = self.step, self.mistakes
        self.flow.shape = fork.start
        inner = place.branch()
        try:
            self.items(node.items, inner)
            if not inner.items and self.flow.shape is not None and self.mistakes == mistakes:
                _no_branch(node)
            if node.shape is not None:
                self._state(node.shape, inner.scope)
        except DiagnosticError:
            self.flow.lose()
            raise
        finally:
            fork.branches.append(Branch(inner.items, self.flow.shape, node.span, step))
            self.flow.shape = fork.start  # what stands between two branches sees it too

    def _state(self, expression: ast.Expression, scope: Scope) -> None:
        """Check the shape that a line states; take it over where a mistake has lost the shape.

        After a mismatch nobody knows which of the two was meant, so nothing is judged until the
        next statement: one mistake, one diagnostic.
        """
        stated = read_shape(self.values.evaluate(scope, expression), expression.span)
        flow = self.flow
        if flow.shape is None:
            flow.begin(stated, expression.span)
        elif not same_size(flow.shape, stated):
            self.report(mismatch(stated, flow, expression.span))
            flow.lose()

    # --- labels --------------------------------------------------------------------------------

    def label(self, label: ast.Label | None, place: Place) -> Label | None:
        """The name that a label gives; with an index, its value is part of the name."""
        if label is None:
            return None
        name = label.name.name
        if label.position is not None:
            name += self._number(label.position, place)
        elif label.pieces:
            pieces = (p if isinstance(p, str) else self._number(p, place) for p in label.pieces)
            name = "".join(pieces)
        why = refusal_of_quoted(name) if label.quoted else refusal(name, of_code=False)
        if "." in label.name.name[label.name.name.find("{") :] and label.pieces:
            why = why or "in a label with dots, numbers are in the last part alone"
        if why:
            self.report(
                Diagnostic(codes.NAME_REFUSED, why, label.name.span, "choose another label")
            )
        return Label(name, label.span, "{" not in label.name.name)

    def _number(self, index: ast.Expression, place: Place) -> str:
        """A number in a label."""
        value = self.values.evaluate(place.scope, index)
        if type(value) is not int or value < 0:
            fail(
                codes.WRONG_OPERAND,
                "the index of a label is a whole number of at least 0",
                index.span,
                "not an index",
            )
        return str(value)

    def add(self, item: Unnamed, place: Place, inside: Namespace | None = None) -> None:
        """Add an item; what its label stands for can be joined further on."""
        place.items.append(item)
        applied = None
        if isinstance(item.item, (Layer, Chain, Instance)) and not isinstance(item.node, ast.Input):
            here = place.items, len(place.items) - 1
            applied = Applied(item.node, place.scope, place.namespace.named, *here)
        self.keep(item.label, place, inside, applied)

    def keep(
        self,
        label: Label | None,
        place: Place,
        inside: Namespace | None = None,
        applied: Applied | None = None,
    ) -> None:
        """Remember the current value under ``label``, what is ``inside`` of a group, and where."""
        if label is not None and label.is_read:
            labelled = Labelled(self.flow.shape, label.span, inside, applied, len(self.flow.trail))
            place.namespace.labels.setdefault(label.name, labelled)


_READS = {"output": "name it there"}
"""What reads a labelled value after which one of these stands, if not a join."""


def _layers(items: Items) -> Items:
    """The items of a network but for its input."""
    return [each for each in items if not isinstance(each.item, Input)]


def _is_control(node: ast.Line) -> bool:
    """Whether a line is a loop or a condition alone, whose own lines count."""
    return (
        len(node.items) == 1
        and node.shape is None
        and isinstance(node.items[0], (ast.Repeat, ast.For, ast.If))
    )


def _before_input(word: ast.Name, place: Span) -> Diagnostic:
    return Diagnostic(
        codes.LAYER_BEFORE_INPUT,
        f"`{word.name}` stands before the network's input",
        word.span,
        "what shape does it get?",
        hint="start the network with its `input`",
        related=(Related(place, "the input"),),
    )


def _no_branch(node: ast.Line) -> NoReturn:
    """Of its layers, conditions take none, and parameters stand for none."""
    fail(
        codes.EMPTY_NETWORK,
        "this branch has no layers",
        node.span,
        "empty",
        "put `identity` into it where the value is to pass unchanged",
    )


def _no_input(body: ast.Body) -> Diagnostic:
    return Diagnostic(
        codes.EMPTY_NETWORK,
        "this network has no `input`",
        body.span,
        "expected `input HxWxC` as its first line",
        hint="for example `input 224x224x3`",
    )


_STATEMENTS: dict[type, Handler] = {
    ast.Line: Walker._line,
    ast.Input: Walker._input,
    ast.Let: Walker._let,
    ast.Default: Walker._default,
    ast.Broken: Walker._broken,
}
