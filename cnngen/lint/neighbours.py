"""W105, W106, W108, W109: layers that do not go well behind one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnngen.diagnostics import Diagnostic, Edit, Fix, Related, codes
from cnngen.ir import Layer
from cnngen.lint.edits import swapped, without_item
from cnngen.lint.pointless import does_nothing
from cnngen.lint.rule import UNSAFE, Rule
from cnngen.lint.view import Pair, View
from cnngen.ops import Activation, BatchNorm, Noise
from cnngen.source import Span
from cnngen.syntax import ast

MOSTLY = 0.5


def _mostly(
    view: View, holds: Callable[[Pair], bool], share: float = MOSTLY
) -> Iterator[tuple[Pair, Span, Span]]:
    """The places of pairs of which something holds whatever uses and variants make of them.

    They are neighbours for all values of parameters: no condition or loop stands between them. Of
    all uses of the first, at least this share have the second behind it: what a block ends in
    is followed by many things.
    """
    for (first, second), pairs in view.pairs.items():
        enough = len(pairs) >= share * len(view.layers.get(first, ()))
        if enough and all(map(holds, pairs)) and (first, second) in view.neighbours:
            yield pairs[0], first, second


# --- W105 ------------------------------------------------------------------------------------


def _linear(view: View) -> Iterator[Diagnostic]:
    for pair, first, second in _mostly(view, _is_one_map):
        yield Diagnostic(
            codes.LINEAR_PAIR,
            f"`{pair.before.op.word}` and `{pair.after.op.word}` with nothing between are one "
            "linear map: one of them would do",
            second,
            "nothing between",
            hint="an activation belongs between them, for example `relu`",
            related=_before(first, second),
        )


def _before(first: Span, second: Span) -> tuple[Related, ...]:
    """The first of two; in a loop it may be the same place."""
    return () if first == second else (Related(first, "goes straight into"),)


def _is_one_map(pair: Pair) -> bool:
    """Two linear layers of one kind, and not a factorisation, which is what saves weights.

    That is: through fewer channels (a bottleneck), by windows along one axis each (Szegedy et
    al., 2016, section 3.2), or channel by channel (Howard et al., 2017).
    """
    before, after, read = pair
    same = type(before.op) is type(after.op) and before.op.is_linear
    if not same or read or not before.op.output_parameter:
        return False
    if getattr(before.op, "groups", 1) > 1 or getattr(after.op, "groups", 1) > 1:
        return False
    if _is_along_one_axis(before) or _is_along_one_axis(after):
        return False
    through = before.at.output.channels
    return through >= min(before.at.input.channels, after.at.output.channels)


def _is_along_one_axis(layer: Layer) -> bool:
    kernel = getattr(layer.op, "kernel", None)
    return kernel is not None and len(set(kernel)) > 1


LINEAR_PAIR = Rule(codes.LINEAR_PAIR, _linear)

# --- W106 ------------------------------------------------------------------------------------


def _twice(view: View) -> Iterator[Diagnostic]:
    for pair, first, second in _mostly(view, _are_activations):
        yield Diagnostic(
            codes.ACTIVATION_TWICE,
            f"`{pair.after.op.word}` right after `{pair.before.op.word}`",
            second,
            "an activation of an activation",
            hint="keep one of them",
            related=(Related(first, "the first"),),
            fix=_without(view, first, second),
        )


def _are_activations(pair: Pair) -> bool:
    before, after = pair.before.op, pair.after.op
    keeps = before.out_channels(2) == after.out_channels(2) == 2  # a gate has half as many
    both = isinstance(before, Activation) and isinstance(after, Activation)
    return both and keeps and not pair.read and not does_nothing(pair)


def _without(view: View, first: Span, second: Span) -> Fix | None:
    """The source without the second of two layers, which stand in the same braces."""
    if view.before.get(second) != first:
        return None
    return without_item(view.lines[second], view.words[second])


ACTIVATION_TWICE = Rule(codes.ACTIVATION_TWICE, _twice, UNSAFE)

# --- W108 ------------------------------------------------------------------------------------


def _biases(view: View) -> Iterator[Diagnostic]:
    for _, first, second in _mostly(view, _is_cancelled, share=1):
        bias = next((a for a in _arguments(view, first) if a.name.name == "bias"), None)
        if bias is not None and isinstance(bias.value, ast.Literal):
            yield Diagnostic(
                codes.BIAS_BEFORE_NORM,
                "a bias right before a batch norm, which subtracts the mean and so the bias",
                bias.span,
                "cancelled",
                hint="leave `bias=true` out: without it there is one where it counts",
                related=(Related(second, "the batch norm"),),
                fix=_without_bias(view, first, bias),
            )


def _without_bias(view: View, place: Span, bias: ast.Argument) -> Fix | None:
    """The layer without ``bias=true``, where no default says the same."""
    layer = view.words[place]
    if layer.word.name in view.defaults:
        return None
    parts = [layer.word, *layer.arguments]
    end_before = parts[parts.index(bias) - 1].span.end
    return Fix((Edit(Span(place.source, end_before, bias.span.end), ""),))


def _is_cancelled(pair: Pair) -> bool:
    has_bias = getattr(pair.before.op, "bias", False) is True
    return has_bias and isinstance(pair.after.op, BatchNorm) and not pair.read


def _arguments(view: View, place: Span) -> list[ast.Argument]:
    """The arguments with names that the source gives a layer."""
    layer = view.words.get(place)
    given = layer.arguments if layer else ()
    return [each for each in given if isinstance(each, ast.Argument)]


BIAS_BEFORE_NORM = Rule(codes.BIAS_BEFORE_NORM, _biases, UNSAFE)

# --- W109 ------------------------------------------------------------------------------------


def _dropouts(view: View) -> Iterator[Diagnostic]:
    for pair, first, second in _mostly(view, _shifts_variance):
        yield Diagnostic(
            codes.DROPOUT_BEFORE_NORM,
            f"`{pair.before.op.word}` right before a batch norm: the variance that the norm "
            "learns in training is not the one in evaluation",
            first,
            "changes the variance",
            hint="put it behind the batch norm, or behind the last one",
            related=(Related(second, "the batch norm"),),
            fix=_behind(view, first, second),
        )


def _behind(view: View, first: Span, second: Span) -> Fix | None:
    """The source with the first of two layers in the same braces behind the second."""
    if view.before.get(second) != first or view.words[first].label or view.words[second].label:
        return None
    return swapped(first, second)


def _shifts_variance(pair: Pair) -> bool:
    noise = isinstance(pair.before.op, Noise) and not pair.before.op.only_weighs
    return noise and isinstance(pair.after.op, BatchNorm)


DROPOUT_BEFORE_NORM = Rule(codes.DROPOUT_BEFORE_NORM, _dropouts, UNSAFE)
