"""Warnings of what compiles and is seldom meant, and notes on words that mislead.

``RULES`` are all of them. A rule sees a source without errors: its tree, and its networks with
the places that everything in them has in the source.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.compiler import Result
from cnngen.diagnostics import Diagnostic, codes
from cnngen.lint import rule
from cnngen.lint.endings import ACTIVATION_AT_END, DROPOUT_AT_END, SOFTMAX_AT_END
from cnngen.lint.familiar import HARD_SIGMOID, LRN_ALPHA, PADDING_COUNTED
from cnngen.lint.ignores import silenced
from cnngen.lint.inputs import INPUT_ORDER, SIZE_AS_FILTERS
from cnngen.lint.neighbours import (
    ACTIVATION_TWICE,
    BIAS_BEFORE_NORM,
    DROPOUT_BEFORE_NORM,
    LINEAR_PAIR,
)
from cnngen.lint.pointless import POINTLESS_LAYER
from cnngen.lint.products import PRODUCT_AS_SIZE
from cnngen.lint.projections import SMALL_PROJECTION
from cnngen.lint.rule import Rule
from cnngen.lint.spelling import NETWORK_SPELLING
from cnngen.lint.unused import UNUSED_BLOCK, UNUSED_NAME, UNUSED_PARAMETER, UNUSED_USE
from cnngen.lint.view import View
from cnngen.lint.windows import PIXELS_LOST, WIDE_WINDOW
from cnngen.passes.notes import notes

RULES: tuple[Rule, ...] = (
    INPUT_ORDER,
    SIZE_AS_FILTERS,
    SOFTMAX_AT_END,
    ACTIVATION_AT_END,
    LINEAR_PAIR,
    ACTIVATION_TWICE,
    POINTLESS_LAYER,
    BIAS_BEFORE_NORM,
    DROPOUT_BEFORE_NORM,
    UNUSED_PARAMETER,
    UNUSED_BLOCK,
    UNUSED_NAME,
    PIXELS_LOST,
    WIDE_WINDOW,
    SMALL_PROJECTION,
    NETWORK_SPELLING,
    DROPOUT_AT_END,
    UNUSED_USE,
    PRODUCT_AS_SIZE,
    PADDING_COUNTED,
    LRN_ALPHA,
    HARD_SIGMOID,
)

SAFE = frozenset({each.code for each in RULES if each.fixes == rule.SAFE} | {codes.UNUSED_IGNORE})
"""Codes whose fixes leave the network what it is."""

UNSAFE = frozenset(each.code for each in RULES if each.fixes == rule.UNSAFE)
"""Codes whose fixes change the network, or what others see of it."""


class Selection:
    """Which codes are wanted: those that begin with one of ``select``, or all, but ``ignore``."""

    def __init__(self, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> None:
        self.select = tuple(select)
        self.ignore = tuple(ignore)

    def wants(self, code: str) -> bool:
        """Whether a code is wanted."""
        return code.startswith(self.select or ("",)) and not code.startswith(self.ignore)


def lint(
    result: Result, selection: Selection | None = None, *, whole: bool = True
) -> list[Diagnostic]:
    """Warnings and notes, with those of the compiler, that are wanted and that no line silences.

    Errors stay, and where there are any, no rule is asked.

    Args:
        result: what a source has been compiled to.
        selection: which codes are wanted; all where not given.
        whole: whether that are all of its networks with their own values. Else no comment is in
            vain: what it silences may be there in others.
    """
    chosen = selection or Selection()
    found = [d for d in result.diagnostics if d.code.severity == "error" or chosen.wants(d.code.id)]
    if not result.complete:
        return found
    view = View(result)
    for each in RULES:
        if chosen.wants(each.code.id):
            found += each.find(view)
    if chosen.wants(codes.PROJECTION_INSERTED.id):
        found += [note for network in view.networks for note in notes(network)]

    def judged(line: int, code: str) -> bool:
        return whole and chosen.wants(code) and line not in view.unseen

    left = silenced(result.file.source, found, judged)
    if not chosen.wants(codes.UNUSED_IGNORE.id):
        left = [d for d in left if d.code is not codes.UNUSED_IGNORE]
    return sorted(left, key=lambda d: (d.span.start if d.span else -1, d.code.id))
