"""``resize like=a``: the size of a labelled value for the current one."""

from __future__ import annotations

from functools import partial

from cnngen.diagnostics import Diagnostic, codes
from cnngen.elaborate.bind import Bound, bind, op_diagnostic
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Step
from cnngen.elaborate.joins import labels_given
from cnngen.elaborate.layers import check_size, note_start
from cnngen.elaborate.names import Unnamed
from cnngen.elaborate.naming import label_arguments, like_of
from cnngen.elaborate.place import Place
from cnngen.elaborate.walker import Walker
from cnngen.elaborate.words import LIKE
from cnngen.ir import RESIZE, At, Join
from cnngen.ops import Map, OpError, Resize, Shape
from cnngen.ops.kinds import PerAxis
from cnngen.syntax import ast


def resize(walker: Walker, node: ast.Layer, place: Place) -> None:
    """The current value in the size of a labelled one."""
    walker.spend(node.span)
    own = walker.label(node.label, place)
    note_start(walker, node.word)
    before = walker.flow.shape
    arguments = label_arguments(node)
    (name,), (value,) = labels_given(walker, node, arguments, place, sizes_alone=True)
    sizes = value.sizes if isinstance(value, Map) else None
    bound = resized(walker, node, place, sizes)
    after: Shape | None = None
    if before is not None and value is not None and bound is not None:
        after = _after(walker, node, bound, before, (name.name, value))
    walker.flow.shape = after
    if before is None or after is None or bound is None:
        walker.flow.lose()
        walker.keep(own, place)
        return
    check_size(bound.op, before, after, node.span)
    at = At(before, after, node.span, walker.step)
    assert isinstance(bound.op, Resize)
    made = Join("", RESIZE, (name.name,), at, mode=bound.op.mode)
    walker.flow.note(Step(node.span, bound.op, before, after))
    walker.add(Unnamed(own, node, made), place)


def resized(
    walker: Walker, node: ast.Layer, place: Place, sizes: PerAxis | None = None
) -> Bound | None:
    """The layer for a size; None where an argument is wrong.

    Without a size, ones stand in for it, so that the arguments can be checked.
    """
    like = like_of(node)
    others = tuple(each for each in node.arguments if each is not like)
    for each in others:
        name = each.name.name if isinstance(each, ast.Argument) else "factor"
        if name == LIKE:
            fail(
                codes.REPEATED_ARGUMENT,
                f"`{LIKE}` of `{node.word.name}` is given twice",
                each.span,
                "the second time",
                "leave out one of the two",
            )
        if name in ("factor", "to"):
            fail(
                codes.CONFLICTING_ARGUMENTS,
                f"`resize` takes a factor, `to=HxW` or `{LIKE}=label`, not two of them",
                each.span,
                "",
                "leave out one of the two",
            )
    # A factor or size that is a default here gives way to the one that the line says.
    defaults = dict(walker.start.of(node.word.name))
    defaults.pop("factor", None)
    x = walker.flow.shape
    sizes = sizes or (1,) * ((walker.axes if x is None else x.axes) or 2)
    defaults["to"] = sizes
    evaluate = partial(walker.values.evaluate, place.scope)
    layer = node._replace(arguments=others)
    return bind(layer, Resize, len(sizes), defaults, evaluate, walker.report)


def _after(
    walker: Walker, node: ast.Layer, bound: Bound, before: Shape, like: tuple[str, Shape]
) -> Shape | None:
    """What comes out; None where the two values do not fit."""
    label, value = like
    if isinstance(before, Map) and (not isinstance(value, Map) or value.axes != before.axes):
        what = "is a vector" if not isinstance(value, Map) else "has other axes"
        message = f"`{label}` {what}: `resize` cannot take its size"
        arguments = label_arguments(node)
        rows = f"the current value: {before}\n`{label}`: {value}"
        hint = "a vector has no positions: label a map"
        if isinstance(value, Map):
            hint = "label a value with the axes of the current one, or write `to=` with its size"
        walker.report(
            Diagnostic(
                codes.JOIN_MISMATCH, message, arguments[0].span, "", hint=hint, notes=(rows,)
            )
        )
        return None
    try:
        return bound.op.infer(before)
    except OpError as error:
        walker.report(op_diagnostic(error, node, bound.places))
        return None
