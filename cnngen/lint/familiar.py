"""N101 to N103: familiar words that mean something slightly different elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnngen.diagnostics import Code, Diagnostic, codes
from cnngen.lint.rule import Rule
from cnngen.lint.view import View
from cnngen.ops import AvgPool, HardSigmoid, LocalResponseNorm, Op


def _noted(
    view: View, code: Code, holds: Callable[[Op], bool], message: str, hint: str
) -> Iterator[Diagnostic]:
    """A note at each place where something holds of the layer, whatever uses make of it."""
    for place, layers in view.layers.items():
        if place in view.words and all(holds(layer.op) for layer in layers):
            yield Diagnostic(code, message, place, "not everywhere the same", hint)


def _padded_averages(view: View) -> Iterator[Diagnostic]:
    def counts(op: Op) -> bool:
        return isinstance(op, AvgPool) and op.pad == "same" and op.count_pad

    yield from _noted(
        view,
        codes.PADDING_COUNTED,
        counts,
        "this average counts the padding of `pad=same`, as that of `pad=1`",
        "`count_pad=false` leaves it out, as the pools of other frameworks with this padding do",
    )


def _alphas(view: View) -> Iterator[Diagnostic]:
    def is_lrn(op: Op) -> bool:
        return isinstance(op, LocalResponseNorm)

    yield from _noted(
        view,
        codes.LRN_ALPHA,
        is_lrn,
        "`alpha` multiplies the plain sum of squares, as in the paper (Krizhevsky et al., 2012)",
        "where a framework's alpha multiplies their mean, divide it by the size",
    )


def _hard_sigmoids(view: View) -> Iterator[Diagnostic]:
    def is_new(op: Op) -> bool:
        return isinstance(op, HardSigmoid) and op.slope is None

    yield from _noted(
        view,
        codes.HARD_SIGMOID,
        is_new,
        "this has a slope of 1/6 (Howard et al., 2019); older definitions have 0.2",
        "`hard_sigmoid slope=0.2` for weights that were trained with that",
    )


PADDING_COUNTED = Rule(codes.PADDING_COUNTED, _padded_averages)
LRN_ALPHA = Rule(codes.LRN_ALPHA, _alphas)
HARD_SIGMOID = Rule(codes.HARD_SIGMOID, _hard_sigmoids)
