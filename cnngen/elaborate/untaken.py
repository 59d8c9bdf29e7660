"""What no value takes here is checked for what is right or wrong whatever the values are.

The other way of an ``if``, and the body of a loop without turns, are in the generated code all the
same. They are walked without shapes, and without the values of names: the values here are those
for which they are not taken.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from cnngen.diagnostics import Diagnostic, DiagnosticError
from cnngen.elaborate.blocks import arguments_of, refuse_recursion
from cnngen.elaborate.budget import Budget
from cnngen.elaborate.evaluate import calls_in, check_call, names_in
from cnngen.elaborate.joins import (
    check_labels,
    labels_of,
    parted,
    parted_label,
    refuse_axis,
    unknown_label,
)
from cnngen.elaborate.layer_values import parameter_value
from cnngen.elaborate.names import Label
from cnngen.elaborate.naming import is_join, label_arguments, label_read, like_of, stem_of
from cnngen.elaborate.outputs import check_place
from cnngen.elaborate.place import Fork, Namespace, Place
from cnngen.elaborate.resize_like import resized
from cnngen.elaborate.scope import SHAPE_NAMES, Scope, word_value
from cnngen.elaborate.turns import holds, rows_of, times_of
from cnngen.elaborate.values import FOLLOWS, Values
from cnngen.elaborate.walker import Call, Handler, Walker
from cnngen.ir import Block
from cnngen.ops import LAYERS
from cnngen.ops.kinds import Value
from cnngen.ops.shapes import AXES
from cnngen.syntax import ast

Untaken = ast.Body | ast.If | ast.For


def check_untaken(walker: Walker, node: Untaken, place: Place) -> None:
    """Report what is wrong in a body, an ``else if`` or a loop, once for each."""
    if id(node) in walker.untaken:
        return
    walker.untaken.add(id(node))
    blind = _BlindWalker(walker)
    namespace = Namespace(place.namespace.named, top=place.namespace.top)
    namespace.labels = dict(place.namespace.labels)
    fork = place.fork and Fork(None, [])
    inner = Place(Scope(place.scope), [], namespace, fork)
    if isinstance(node, ast.Body):
        blind.statements(node, inner)
    elif isinstance(node, ast.If):
        _if(blind, node, inner)
    else:
        _for_body(blind, node, inner)


class _BlindValues(Values):
    """Evaluates what reads no names; else it sees to it that there are such names."""

    def evaluate(
        self, scope: Scope, expression: ast.Expression, words: Sequence[str] = ()
    ) -> Value:
        for call in calls_in(expression):
            check_call(call)
        for name in names_in(expression):
            known = scope.knows(name.name) or name.name in (*words, *SHAPE_NAMES)
            if not known and word_value(name.name) is None:
                self.lookup(name, scope)
        return super().evaluate(scope, expression, words)

    def lookup(self, name: ast.Name, scope: Scope) -> Value:
        if scope.knows(name.name):
            raise DiagnosticError(FOLLOWS)
        return super().lookup(name, scope)


class _BlindWalker(Walker):
    """Walks without shapes and values, beside another walker, to which it reports."""

    def __init__(self, walker: Walker) -> None:
        items = {**walker.handlers, **ITEMS}
        budget = Budget(sys.maxsize)  # each body is walked once, so the text is a bound
        super().__init__(
            walker.report, walker.root, budget, items, walker.blocks, walker.most_levels
        )
        self.around = walker.handlers
        self.values = _BlindValues(self.flow, budget)
        self.flow.started = True
        self.untaken = walker.untaken
        self.calls = walker.calls
        self.depth, self.regions, self.start = walker.depth, walker.regions, walker.start
        self.axes = walker.axes

    def report(self, diagnostic: Diagnostic) -> None:
        """Pass a mistake on; what reads a name has no value here, which is none."""
        if diagnostic is not FOLLOWS:
            self.mistakes += 1
            self._report_to(diagnostic)

    def label(self, label: ast.Label | None, place: Place) -> Label | None:
        """The name that a label gives, without an index that has no value."""
        with known_only():
            return super().label(label, place)
        assert label is not None
        return Label(label.name.name, label.span)


@contextmanager
def known_only() -> Iterator[None]:
    """Leave it at that where something has no value here."""
    try:
        yield
    except DiagnosticError as error:
        if error.diagnostic is not FOLLOWS:
            raise


# --- what is not walked as elsewhere -------------------------------------------------------------


def _layer(walker: _BlindWalker, node: ast.Layer, place: Place) -> None:
    word = node.word.name
    if is_join(node):
        _join(walker, node, place)
    elif word not in LAYERS and word in place.scope and word not in walker.blocks:
        walker.keep(walker.label(node.label, place), place)  # which layer it is has no value here
    elif word in walker.blocks:
        _use(walker, node, place, walker.blocks[word])
    else:
        walker.around[ast.Layer](walker, node, place)


def _join(walker: _BlindWalker, node: ast.Layer, place: Place) -> None:
    """A join reads labels of the body, wherever they stand in it."""
    if node.word.name == "output":
        check_place(walker, node, place)
    label = walker.label(node.label, place)
    given, axis = parted(node)
    if like_of(node) is not None:
        resized(walker, node, place)
        given = label_arguments(node)
    if axis is not None and not (isinstance(axis, ast.Name) and axis.name in AXES):
        refuse_axis(axis, sorted(AXES), "no axis of a map")
    check_labels(node, given)
    labels = {*place.namespace.labels, *labels_of(place.namespace)}
    for argument in given:
        if isinstance(argument, ast.Index):
            with known_only():
                walker.values.evaluate(place.scope, argument.position)
        name = label_read(argument)
        assert name is not None
        own, _ = parted_label(name.name, labels)  # of a group, whose inside has no values here
        if own not in labels and stem_of(own) not in labels:
            unknown_label(ast.Name(name.span, own), place.namespace)
    walker.keep(label, place)


def _use(walker: _BlindWalker, node: ast.Layer, place: Place, used: Block) -> None:
    """A use of a block, whose body is walked where no other use has been."""
    label = walker.label(node.label, place)
    written = arguments_of(walker, node, used)
    for expression in (written or {}).values():
        _check_value(walker, expression, place, node)
    refuse_recursion(walker, node, used)
    walker.keep(label, place)
    if id(used.node.body) in walker.untaken:
        return
    walker.untaken.add(id(used.node.body))
    known, walker.blocks = walker.blocks, used.known
    walker.calls.append(Call(used.name, node.span, used.node))
    scope = Scope()
    for parameter in used.node.parameters:
        if parameter.default is not None:
            _check_value(walker, parameter.default, place.inside(scope))
        scope.values[parameter.name.name] = None
    walker.statements(used.node.body, Place(Scope(scope), [], Namespace(used.node.body)))
    walker.calls.pop()
    walker.blocks = known


def _check_value(
    walker: _BlindWalker,
    expression: ast.Expression,
    place: Place,
    use: ast.Layer | None = None,
) -> None:
    """The value of a parameter, which may be a layer; ``use`` is what gives it, if any does."""
    try:
        parameter_value(expression, partial(walker.values.evaluate, place.scope), place.scope, use)
    except DiagnosticError as error:
        walker.report(error.diagnostic)


def _region(walker: _BlindWalker, node: ast.Region, place: Place) -> None:
    try:
        walker.around[ast.Region](walker, node, place)
    except DiagnosticError as error:
        if error.diagnostic is not FOLLOWS:
            raise
        # An argument has no value here: the bodies can be looked at without it.
        walker.statements(node.body, place.group(node.body))
        if node.otherwise is not None:
            walker.statements(node.otherwise, place.group(node.otherwise))


def _repeat(walker: _BlindWalker, node: ast.Repeat, place: Place) -> None:
    with known_only():
        times_of(walker, node, place)
    walker.statements(node.body, place.inside(Scope(place.scope)))


def _for(walker: _BlindWalker, node: ast.For, place: Place) -> None:
    with known_only():
        rows_of(walker, node, place)
    _for_body(walker, node, place)


def _for_body(walker: _BlindWalker, node: ast.For, place: Place) -> None:
    inner = Scope(place.scope)
    for target in node.targets:
        walker.define(target, inner)
    walker.statements(node.body, place.inside(inner))


def _if(walker: _BlindWalker, node: ast.If, place: Place) -> None:
    branch: ast.If | ast.Body | None = node
    depth = walker.depth
    while isinstance(branch, ast.If):
        if branch is not node:
            walker.go_deeper(branch.span)
        with known_only():
            holds(walker, branch, place)
        walker.statements(branch.body, place.inside(Scope(place.scope)))
        branch = branch.otherwise
    if branch is not None:
        walker.statements(branch, place.inside(Scope(place.scope)))
    walker.depth = depth


ITEMS: dict[type, Callable[..., None] | Handler] = {
    ast.Layer: _layer,
    ast.Region: _region,
    ast.Repeat: _repeat,
    ast.For: _for,
    ast.If: _if,
}
