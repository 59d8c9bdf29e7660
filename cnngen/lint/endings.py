"""W103, W104, W118: what the last layers of a network take from its loss."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, Fix, codes
from cnngen.ir import Layer, Output
from cnngen.lint.edits import swapped, without_item
from cnngen.lint.rule import UNSAFE, Rule
from cnngen.lint.view import View, last_run
from cnngen.ops import Dense, LogSoftmax, Noise, Softmax
from cnngen.source import Span


def _softmaxes(view: View) -> Iterator[Diagnostic]:
    for last, *_ in _ends(view):
        if isinstance(last.op, (Softmax, LogSoftmax)):
            yield Diagnostic(
                codes.SOFTMAX_AT_END,
                f"the network ends in `{last.op.word}`, which the usual losses do themselves",
                last.at.span,
                "trained on, it is applied twice",
                hint="leave it out, and apply it to what the network gives where probabilities "
                "are wanted",
                fix=_without(view, last.at.span),
            )


def _activations(view: View) -> Iterator[Diagnostic]:
    for last, before in _ends(view):
        cuts = last.op.never_negative and last.op.has_kink
        if cuts and before is not None and isinstance(before.op, Dense):
            yield Diagnostic(
                codes.ACTIVATION_AT_END,
                f"the network ends in `{last.op.word}` behind its last dense layer: scores below "
                "zero are lost, and their gradients with them",
                last.at.span,
                "nothing comes after it",
                hint=f"leave `{last.op.word}` out",
                fix=_without(view, last.at.span),
            )


def _dropouts(view: View) -> Iterator[Diagnostic]:
    for last, before in _ends(view):
        if isinstance(last.op, Noise):
            yield Diagnostic(
                codes.DROPOUT_AT_END,
                f"the network ends in `{last.op.word}`: in training its loss sees scores that "
                "are changed at random",
                last.at.span,
                "nothing comes after it",
                hint="put it before the last layer with weights",
                fix=_moved(view, before, last),
            )


def _without(view: View, place: Span) -> Fix | None:
    """The source without the last layer, where it is that wherever it stands."""
    line = view.lines[place]
    is_last = len(view.layers[place]) == sum(last.at.span == place for last, _ in _ends(view))
    has_others = len(line.items) > 1 or place in view.before
    return without_item(line, view.words[place]) if is_last and has_others else None


def _moved(view: View, before: Layer | None, last: Layer) -> Fix | None:
    """The source with the last two layers of a line the other way round."""
    if before is None or not before.op.is_linear:
        return None
    first, second = before.at.span, last.at.span
    if view.before.get(second) != first or view.lines[first] is not view.lines[second]:
        return None
    return swapped(first, second) if view.words[second].label is None else None


def _ends(view: View) -> Iterator[tuple[Layer, Layer | None]]:
    """The last layer of each network and the one before it, where it says nothing of outputs.

    They are the last ones for all values of the parameters.
    """
    for network in view.networks:
        item = network.body.items[-1]
        if isinstance(item, Output):
            continue
        run = [layer for layer, _ in last_run(network)]
        last = run[-1] if run else None
        if last is None or last.at.span.source is not view.source or last.at.span not in view.ends:
            continue
        before = run[-2] if len(run) > 1 else None
        follows = before is not None and (before.at.span, last.at.span) in view.neighbours
        yield last, before if follows else None


SOFTMAX_AT_END = Rule(codes.SOFTMAX_AT_END, _softmaxes, UNSAFE)
ACTIVATION_AT_END = Rule(codes.ACTIVATION_AT_END, _activations, UNSAFE)
DROPOUT_AT_END = Rule(codes.DROPOUT_AT_END, _dropouts, UNSAFE)
