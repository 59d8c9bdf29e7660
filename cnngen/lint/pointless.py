"""W107: layers that do nothing where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, Edit, Fix, codes
from cnngen.ir import Layer
from cnngen.lint.edits import without_line
from cnngen.lint.rule import Rule
from cnngen.lint.view import Pair, View
from cnngen.ops import Activation, Flatten, Noise, Pool, Vector
from cnngen.source import Span
from cnngen.syntax import ast


def _pointless(view: View) -> Iterator[Diagnostic]:
    repeated = {}
    for (_, place), pairs in view.pairs.items():
        # What is used in several places may have another layer before it in each.
        everywhere = len(view.layers.get(place, ())) == len(pairs)
        if everywhere and all(map(does_nothing, pairs)):
            repeated[place] = f"`{pairs[0].before.op.word}` before it has done it already"
    for place, layers in view.layers.items():
        found = {repeated.get(place) or _why(layer) for layer in layers}
        why = found.pop() if len(found) == 1 else ""
        if why and _is_plain(view, place):
            yield _found(view, place, why)


def does_nothing(pair: Pair) -> bool:
    """Whether the second layer changes nothing of what the first one gives."""
    before, after = pair.before.op, pair.after.op
    if isinstance(before, Pool) and isinstance(after, Pool):
        return before.kernel == after.kernel == "global"
    if not (isinstance(after, Activation) and after.is_idempotent):
        return False
    only_cuts_below = after.never_negative and getattr(after, "max", 0) is None
    return before == after or (only_cuts_below and before.never_negative)


def _why(layer: Layer) -> str:
    """Why a layer gives what comes in, whatever stands before it; empty where it does not."""
    if isinstance(layer.op, Flatten) and isinstance(layer.at.input, Vector):
        return "what comes in is a vector already"
    if isinstance(layer.op, Noise) and getattr(layer.op, "rate", None) == 0:
        return "a rate of 0 leaves everything as it is"
    return ""


def _is_plain(view: View, place: Span) -> bool:
    """Whether no parameter decides: another value of it may make the layer one that counts."""
    layer = view.words.get(place)
    given = layer.arguments if layer else ()
    values = (each.value if isinstance(each, ast.Argument) else each for each in given)
    return layer is not None and all(
        isinstance(value, ast.Literal) or value.span.text == "global" for value in values
    )


def _found(view: View, place: Span, why: str) -> Diagnostic:
    text = " ".join(place.text.split())
    fix = _without(view, place)
    return Diagnostic(
        codes.POINTLESS_LAYER,
        f"`{text}` does nothing here: {why}",
        place,
        "changes nothing",
        hint=f"leave out `{text}`",
        fix=fix,
    )


def _without(view: View, place: Span) -> Fix | None:
    """The line without the layer; None where it has a label, or is all that a shape is about."""
    line, layer = view.lines.get(place), view.words.get(place)
    if line is None or layer is None or layer.label is not None:
        return None
    spans = [item.span for item in line.items]
    at = spans.index(place)
    if len(spans) > 1:
        start, end = (spans[at - 1].end, place.end) if at else (place.start, spans[1].start)
        if "#" in place.source.text[start:end]:
            return None
        return Fix((Edit(Span(place.source, start, end), ""),))
    return without_line(place)


POINTLESS_LAYER = Rule(codes.POINTLESS_LAYER, _pointless, is_safe=True)
