"""Residuals: a body's output plus its input, and what is done where their shapes differ."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from cnngen.diagnostics import Diagnostic, codes
from cnngen.elaborate.arguments import Written, arrange
from cnngen.elaborate.bind import read
from cnngen.elaborate.bodies import Around, alone, inline, walk_body
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Step
from cnngen.elaborate.names import Items, Label, Named, Unnamed
from cnngen.elaborate.place import Place
from cnngen.elaborate.scope import refusal
from cnngen.elaborate.start import SETTINGS, Start
from cnngen.elaborate.walker import Walker
from cnngen.elaborate.words import REGIONS, SHORTCUTS
from cnngen.elaborate.zero_init import check_end, zeroed
from cnngen.ir import WITHOUT_PATH, At, Item, Residual
from cnngen.ops import Map, Parameter, Shape, kinds, same_size
from cnngen.ops.resize import stride_between
from cnngen.ops.shapes import by
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast

SHORTCUT = Parameter(
    "shortcut", "what is done where shapes differ", kinds.word(*SHORTCUTS), False, False, "auto"
)


class Asked(NamedTuple):
    """What a residual's arguments say.

    ``mode`` is what is done where shapes differ, ``path`` what the shortcut's path is called;
    ``zero`` is where the residual itself is asked to start at zero.
    """

    mode: str
    start: Start
    path: Label | None
    zero: Span | None


class Walked(NamedTuple):
    """A residual whose body has been walked: what came in, what the body and the path gave."""

    around: Around
    after: Shape
    items: Items
    path: Item | None


def residual(walker: Walker, node: ast.Region, place: Place) -> None:
    """A residual: its body, and its path where the source writes one out."""
    asked = _asked(walker, node, place)
    walked = _walked(walker, node, place)
    if walked is None:
        return
    if asked.zero:
        check_end(walked.items, asked.zero, walker.report)
    _check_shortcut(asked.mode, walked.around.x, walked.after, node)
    _add(walker, node, place, asked, walked)


def _asked(walker: Walker, node: ast.Region, place: Place) -> Asked:
    known = ("shortcut", "shortcut_name", "zero_init")
    written = arrange(node, (), known, REGIONS["residual"].usage)
    evaluate = partial(walker.values.evaluate, place.scope)
    mode, start = "auto", walker.start
    if "shortcut" in written:
        mode = read(node.word, SHORTCUT, written["shortcut"], evaluate)
    if "zero_init" in written:
        zero_init = read(node.word, SETTINGS["zero_init"], written["zero_init"], evaluate)
        start = start._replace(zero_init=zero_init)
    path = _path_name(written)
    if node.otherwise is not None:
        mode = "path"
        if "shortcut" in written:
            fail(
                codes.CONFLICTING_ARGUMENTS,
                "the path of this shortcut is written out, so nothing is left to choose",
                written["shortcut"].span,
                "not both",
                "leave out `shortcut=`, or the second body",
            )
    zero = written["zero_init"].span if start.zero_init and "zero_init" in written else None
    if zero and mode == "none":
        walker.report(_nothing_left(zero))
        zero = None
    return Asked(mode, start, path, zero)


def _nothing_left(zero: Span) -> Diagnostic:
    return Diagnostic(
        codes.CONFLICTING_ARGUMENTS,
        "without a shortcut, a body that starts at zero gives nothing but zeros",
        zero,
        "not with `shortcut=none`",
        hint="leave out one of the two; as a setting of the block or the network, "
        "`zero_init=true` passes over residuals without a shortcut",
    )


def _walked(walker: Walker, node: ast.Region, place: Place) -> Walked | None:
    """None where a mistake lost a shape."""
    flow = walker.flow
    before, span, step = flow.shape, node.word.span, walker.step
    inner = place.branch()
    walk_body(walker, node.body, inner)
    after, path = flow.shape, None
    if node.otherwise is not None:
        path, after = _written_path(walker, node, place, before, after)
    flow.shape = after
    if before is None or after is None:
        return None
    return Walked(Around(before, span, step), after, inner.items, path)


def _add(walker: Walker, node: ast.Region, place: Place, asked: Asked, walked: Walked) -> None:
    """Add the residual, which is made once what is in it has names."""
    mode, start, path_label, _ = asked
    around, after, items, path = walked
    x, span, step = around

    def build(parts: Sequence[Named], path_name: str) -> Residual:
        body = inline(parts[0], around, after)
        named = path and path._replace(name=path_name)
        made = Residual(
            "", body, mode, path_name, named, start.projection_init, At(x, after, span, step)
        )
        return zeroed(made, walker.zeroed) if start.zero_init else made

    walker.flow.note(Step(span, None, x, after))
    has_path = asked.mode not in WITHOUT_PATH
    item = Unnamed(None, node, parts=[items], build=build, has_path=has_path, path=path_label)
    walker.add(item, place)


def _path_name(written: Written) -> Label | None:
    expression = written.get("shortcut_name")
    if expression is None:
        return None
    why = "" if isinstance(expression, ast.Name) else "a name is written without quotes"
    name = expression.span.text
    why = why or refusal(name, of_code=False)
    if why:
        fail(codes.NAME_REFUSED, why, expression.span, "choose another name")
    return Label(name, expression.span)


def _written_path(
    walker: Walker, node: ast.Region, place: Place, before: Shape | None, after: Shape | None
) -> tuple[Item | None, Shape | None]:
    """The path that the source writes out: its only item, or a chain of its own."""
    assert node.otherwise is not None
    walker.flow.shape = before
    inner = place.group(node.otherwise)
    walk_body(walker, node.otherwise, inner)
    made = walker.flow.shape
    if before is None or after is None or made is None:
        return None, None
    if not same_size(made, after):
        fail(
            codes.SHORTCUT_MISMATCH,
            f"the body gives {after}, the shortcut {made}",
            node.second.span if node.second else node.span,
            f"expected {after}",
            "both are added, so their shapes must be the same",
        )
    chain = walker.chain(inner, before, node.otherwise.span, walker.step)
    return chain and alone(chain), after


def _check_shortcut(mode: str, x: Shape, y: Shape, node: ast.Region) -> None:
    """Whether the shortcut can be made; SHORTCUT_MISMATCH, with both shapes, where it cannot."""
    always = mode == "projection"
    if mode in ("none", "match", "path") or (same_size(x, y) and not always):
        return
    gives = f"the body makes {y} of {x}"
    if mode == "identity":
        why, hint = "the shortcut is to be the identity", "`shortcut=auto` inserts a projection"
    elif not isinstance(x, Map) or not isinstance(y, Map):
        why = "a projection is a 1x1 convolution, which needs maps"
        hint = "write the path out: `residual { ... } shortcut { ... }`"
    elif stride_between(x.sizes, y.sizes) is None:
        why = f"no stride takes {by(x.sizes)} to {by(y.sizes)}"
        hint = "a 3x3 convolution keeps the size with `pad=1`; `resize to=HxW` gives a size back"
    elif mode == "pad" and y.channels < x.channels:
        why, hint = "zeros add channels, they take none away", "`shortcut=auto` projects"
    else:
        return
    fail(codes.SHORTCUT_MISMATCH, f"{gives}: {why}", node.word.span, f"{x} and {y}", hint)
