"""What outputs and side heads are trained on: the loss, and how much it counts."""

from __future__ import annotations

from cnngen.diagnostics import codes, did_you_mean, listed
from cnngen.elaborate.evaluate import describe, fail
from cnngen.losses import LOSSES
from cnngen.ops.kinds import Value
from cnngen.source import Span
from cnngen.syntax import ast


def loss_word(expression: ast.Expression) -> str:
    """The word that ``loss=`` is given.

    Raises:
        DiagnosticError: there is no such loss.
    """
    word = expression.name if isinstance(expression, ast.Name) else ""
    if word not in LOSSES:
        fail(
            codes.WRONG_VALUE,
            f"there is no loss `{expression.span.text}`",
            expression.span,
            f"expected {listed(LOSSES)}",
            did_you_mean(_FOREIGN.get(word.lower().replace("_", ""), word), LOSSES, ""),
        )
    return word


_FOREIGN = {
    "bce": "binary_cross_entropy",
    "bcewithlogits": "binary_cross_entropy",
    "binarycrossentropy": "binary_cross_entropy",
    "categoricalcrossentropy": "cross_entropy",
    "ce": "cross_entropy",
    "crossentropy": "cross_entropy",
    "crossentropyloss": "cross_entropy",
    "l1": "mae",
    "l1loss": "mae",
    "l2": "mse",
    "meanabsoluteerror": "mae",
    "meansquarederror": "mse",
    "mseloss": "mse",
    "nll": "cross_entropy",
    "smoothl1": "huber",
    "sparsecategoricalcrossentropy": "cross_entropy",
}
"""What losses are called elsewhere."""


def loss_weight(value: Value, span: Span) -> float:
    """The weight of a loss.

    Raises:
        DiagnosticError: it is no number greater than 0.
    """
    if type(value) not in (int, float) or not 0 < value < float("inf"):  # type: ignore[operator]
        fail(
            codes.WRONG_VALUE,
            f"the weight of a loss cannot be {describe(value)}",
            span,
            "expected a number greater than 0",
        )
    return float(value)  # type: ignore[arg-type]
