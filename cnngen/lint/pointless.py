"""W107: layers that do nothing where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, Fix, codes
from cnngen.ir import Layer
from cnngen.lint.edits import without_item
from cnngen.lint.rule import SAFE, Rule
from cnngen.lint.view import Pair, View
from cnngen.ops import Activation, BatchNorm, Flatten, Noise, Pool
from cnngen.source import Span
from cnngen.syntax import ast


def _pointless(view: View) -> Iterator[Diagnostic]:
    for place, layers in view.layers.items():
        found = {_why(view, place, layer) for layer in layers}
        why = found.pop() if len(found) == 1 else ""
        if why and _is_plain(view, place):
            yield _found(view, place, why)


def _why(view: View, place: Span, layer: Layer) -> str:
    """Why a layer gives what comes in; empty where it does not, or another value may decide."""
    if isinstance(layer.op, Noise) and getattr(layer.op, "rate", None) == 0:
        return "a rate of 0 leaves everything as it is"
    if isinstance(layer.op, Flatten):
        return "what comes in is a vector already" if _gets_vector(view, place) else ""
    pairs = _pairs_before(view, place)
    if pairs and all(map(does_nothing, pairs)) and _is_plain(view, view.before[place]):
        return f"`{pairs[0].before.op.word}` before it has done it already"
    return ""


def _pairs_before(view: View, place: Span) -> list[Pair]:
    """A layer with that right before it in the source, for each use; empty where one has none."""
    pairs = view.pairs.get((view.before[place], place), []) if place in view.before else []
    return pairs if len(pairs) == len(view.layers.get(place, ())) else []


def _gets_vector(view: View, place: Span) -> bool:
    """Whether a layer right before it, or before those that leave a vector one, makes a vector."""
    while pairs := _pairs_before(view, place):
        place = view.before[place]
        op = pairs[0].before.op
        if op.makes_vector:
            return isinstance(op, Flatten) or _is_plain(view, place)
        if not isinstance(op, (Activation, Noise, BatchNorm)):
            return False
    return False


def does_nothing(pair: Pair) -> bool:
    """Whether the second layer changes nothing of what the first one gives."""
    before, after = pair.before.op, pair.after.op
    if isinstance(before, Pool) and isinstance(after, Pool):
        return before.kernel == after.kernel == "global"
    if not (isinstance(after, Activation) and after.is_idempotent):
        return False
    only_cuts_below = after.never_negative and getattr(after, "max", 0) is None
    return before == after or (only_cuts_below and before.never_negative)


def _is_plain(view: View, place: Span) -> bool:
    """Whether no parameter or default decides: another value may make the layer one that counts."""
    layer = view.words.get(place)
    if layer is None or layer.word.name in view.defaults:
        return False
    values = (each.value if isinstance(each, ast.Argument) else each for each in layer.arguments)
    return all(isinstance(value, ast.Literal) or value.span.text == "global" for value in values)


def _found(view: View, place: Span, why: str) -> Diagnostic:
    text = " ".join(place.text.split())
    fix = _without(view, place)
    return Diagnostic(
        codes.POINTLESS_LAYER,
        f"`{text}` does nothing here: {why}",
        place,
        "changes nothing",
        hint=_hint(view, place, text),
        fix=fix,
    )


def _hint(view: View, place: Span, text: str) -> str:
    label = view.words[place].label
    if label is not None:
        return f"leave it out, and give its label to what comes in: `{label.name.name}`"
    renamed = ", which gives the layers behind it other names" if place in view.counted else ""
    return f"leave out `{text}`{renamed}"


def _without(view: View, place: Span) -> Fix | None:
    """The line without the layer; None where it has a label, or is all that a shape is about.

    None too where values may decide that it is needed: where those behind it are called by their
    places, which would be others, and where no other layer is left for sure.
    """
    line, layer = view.lines.get(place), view.words.get(place)
    if place not in view.before and place not in view.before.values():
        return None
    if line is None or layer is None or place in view.counted:
        return None
    return without_item(line, layer)


POINTLESS_LAYER = Rule(codes.POINTLESS_LAYER, _pointless, SAFE)
