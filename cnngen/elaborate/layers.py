"""A layer: its arguments bound, its output's shape inferred."""

from __future__ import annotations

from functools import partial

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes, did_you_mean, shortened
from cnngen.elaborate.bind import Bound, bind, op_diagnostic
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Step
from cnngen.elaborate.foreign import called_here, foreign_hint, foreign_line
from cnngen.elaborate.names import Label, Unnamed
from cnngen.elaborate.place import Place
from cnngen.elaborate.scope import Scope
from cnngen.elaborate.stated import LARGEST_MAP, otherwise_meant
from cnngen.elaborate.sums import as_residual
from cnngen.elaborate.trail import came_about, trail_to
from cnngen.elaborate.walker import Walker
from cnngen.elaborate.words import UNLIFTED, WORDS
from cnngen.ir import At, Chain, Item, Layer
from cnngen.ops import LAYERS, Map, Op, OpError, Shape, parameters
from cnngen.ops.initial import DEFAULT, Initial
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from cnngen.syntax.walk import items_in


def layer(walker: Walker, node: ast.Layer, place: Place, named: ast.Layer | None = None) -> None:
    """A layer of the registry, which is called as ``named`` is where it stands for that."""
    walker.spend(node.span)
    label = walker.label(node.label, place)
    evaluate_argument = partial(walker.values.evaluate, place.scope)
    x = walker.flow.shape
    axes = walker.axes if x is None else x.axes
    cls, defaults = LAYERS[node.word.name], walker.start.of(node.word.name)
    bound = bind(node, cls, axes, defaults, evaluate_argument, walker.report)
    if bound is not None and walker.start.init != DEFAULT and "init" not in defaults:
        bound = bound._replace(op=_started(bound, walker.start.init))
    note_start(walker, node.word)
    if bound is not None:
        _check_label(bound, named or node)
    if bound is not None and x is not None:
        try:
            y = bound.op.infer(x)
        except OpError as error:
            diagnostic = op_diagnostic(error, node, bound.places)
            trail = trail_to(walker.flow.trail, place.namespace, len(walker.flow.trail))
            walker.report(_with_trail(diagnostic, trail, x))
        else:
            check_size(bound.op, x, y, node.span)
            _warn_of_one_value(walker, bound, x, node)
            _add(walker, bound.op, y, named or node, label, place)
            return
    walker.flow.lose()
    walker.keep(label, place)


def _started(bound: Bound, init: Initial) -> Op:
    """The op with what is in force around it, where it says nothing of its own."""
    op = bound.op
    if "init" in bound.places or getattr(op, "init", init) == init:
        return op
    return op.replace(init=init)


def _with_trail(found: Diagnostic, trail: list[Step], x: Shape) -> Diagnostic:
    """With how the shape came about, and an input that was likely meant otherwise."""
    if found.code is codes.WINDOW_TOO_LARGE:
        found = found._replace(notes=(*found.notes, *came_about(trail)))
        if is_turned(x):
            return found._replace(hint=turned_hint(x))
    if found.code not in (codes.WINDOW_TOO_LARGE, codes.NEEDS_MAP) or not trail:
        return found
    return otherwise_meant(found, trail[0])


def is_turned(x: Shape) -> bool:
    """Whether the map of one axis was likely meant the other way round."""
    return isinstance(x, Map) and x.axes == 1 and x.sizes[0] < x.channels


def turned_hint(x: Shape) -> str:
    """What a signal with its channels first was meant to be."""
    assert isinstance(x, Map)
    return f"positions come first, then channels: is it `{x.channels}x{x.sizes[0]}`?"


def note_start(walker: Walker, word: ast.Name) -> None:
    """Remember the first layer where there was no input before it."""
    if not walker.flow.started:
        walker.flow.started = True
        walker.early = word


def _add(
    walker: Walker, op: Op, y: Shape, node: ast.Layer, label: Label | None, place: Place
) -> None:
    """Let the value flow through the layer."""
    x = walker.flow.shape
    assert x is not None
    walker.flow.shape = y
    walker.flow.note(Step(node.span, op, x, y))
    made = Layer("", op, At(x, y, node.span, walker.step))
    walker.add(Unnamed(label, node, made), place)


def seal(place: Place) -> None:
    """Let what a turn of a loop ends in keep its bias: the next turn is not seen from here."""
    last = place.items[-1] if place.items else None
    if last is not None and last.item is not None:
        place.items[-1] = last._replace(item=_sealed(last.item))


def _sealed(item: Item) -> Item:
    if isinstance(item, Chain) and item.items:  # empty after a mistake
        return item._replace(items=(*item.items[:-1], _sealed(item.items[-1])))
    if isinstance(item, Layer) and getattr(item.op, "bias", None) == "auto":
        return item._replace(op=item.op.replace(bias=True))
    return item


def check_size(op: Op, x: Shape, y: Shape, span: Span) -> None:
    """Refuse arrays that no machine would hold."""
    largest = max([y.elements, op.padded(x), *(weight.size for weight in op.weights(x))])
    if largest > LARGEST_MAP:
        fail(
            codes.SIZE_TOO_LARGE,
            f"`{op.word}` from {x} to {y} needs an array of {largest:,} values",
            span,
            f"at most {LARGEST_MAP:,}",
        )


def _check_label(bound: Bound, node: ast.Layer) -> None:
    """Refuse a bare parameter without a label: it has no other name."""
    if bound.op.needs_label and node.label is None:
        word = bound.op.word
        fail(
            codes.WRONG_VALUE,
            f"a bare `{word}` needs a label, which is the name of its parameter",
            bound.places.get("bare", node.word.span),
            "without a label",
            f"write `gamma: {shortened(node.span.text, LONGEST_LINE)}`",
        )


INSTEAD = "use `bn`, or leave it out"

ONE_VALUE = {
    "groupnorm": ("one value in each group", "use fewer groups, or `bn`"),
    "instancenorm": ("one position", INSTEAD),
    "layernorm": ("one channel", INSTEAD),
    "ws_conv": ("one weight in each filter", "use a larger window, fewer groups, or `conv`"),
}
"""What there is one of where a mean is over one value, and what to write instead."""


def _warn_of_one_value(walker: Walker, bound: Bound, x: Shape, node: ast.Layer) -> None:
    """A value less its own mean is zero: nothing of the input is left."""
    if bound.op.values_per_mean(x) != 1:
        return
    word = node.word.name
    label, hint = ONE_VALUE[word]
    walker.report(
        Diagnostic(
            codes.NORM_OF_ONE_VALUE,
            f"`{word}` of {x} normalises each value by itself: any input gives the same result",
            bound.places.get("groups", node.word.span),
            label,
            hint=hint,
        )
    )


def unknown(walker: Walker, node: ast.Layer | ast.Region, place: Place, blocks: list[str]) -> None:
    """A word that is neither a layer, nor a block, nor a construct."""
    word = node.word.name
    hint = _meant(word, place.scope, blocks)
    if word == UNLIFTED:
        hint = "write what does the same here: the comment above says what could not be lifted"
    labelled = place.namespace.labels.get(word)
    if labelled is not None:
        again = f"`reuse {word}` applies it again, " if labelled.applied is not None else ""
        hint = f"it is a label here: {again}`from {word}` goes on from it"
    what = "layer or block" if blocks else "layer"
    message = f"there is no {what} `{word}`"
    found = Diagnostic(codes.UNKNOWN_LAYER, message, node.word.span, f"unknown {what}", hint)
    if isinstance(node, ast.Layer):
        found = _renamed(walker, found, node, place)
    elif called_here(word) == "add":
        found = as_residual(found, node)
    walker.report(found)
    walker.flow.lose()
    walker.flow.started = True


def _renamed(walker: Walker, found: Diagnostic, node: ast.Layer, place: Place) -> Diagnostic:
    """With the layer as it is written here, where its word is another tool's."""
    line = foreign_line(node)
    if not line or not _binds(walker, line, place):
        return found
    start = node.word.span
    whole = start.to(node.arguments[-1].span) if node.arguments else start
    hint = found.hint if len(node.arguments) == 0 else f"write `{shortened(line, LONGEST_LINE)}`"
    return found._replace(hint=hint, fix=Fix((Edit(whole, line),)))


def _binds(walker: Walker, line: str, place: Place) -> bool:
    """Whether the layer of a line takes the arguments that it has there."""
    file, wrong = parse(Source("", f"block hint {{ {line} }}"))
    if wrong:
        return False
    (node,) = (item for item, _ in items_in(file.definitions[0].body))  # type: ignore[union-attr]
    assert isinstance(node, ast.Layer)
    evaluate = partial(walker.values.evaluate, place.scope)
    axes = walker.axes if walker.flow.shape is None else walker.flow.shape.axes
    return bind(node, LAYERS[node.word.name], axes, {}, evaluate, wrong.append) is not None


LONGEST_LINE = 200
"""Characters of a line that a hint shows."""


def _meant(word: str, scope: Scope, blocks: list[str]) -> str:
    """What a word that is no layer was likely meant to be."""
    foreign = foreign_hint(word)
    if foreign:
        return foreign
    if any(word in parameters(cls) for cls in LAYERS.values()):
        return f"`{word}` is an argument: it follows its layer without a comma"
    if scope.find(word) is not None:
        return f"`{word}` is a value: an argument follows its layer without a comma"
    return did_you_mean(word, [*LAYERS, *WORDS, *blocks], "`cnngen layers` lists them")
