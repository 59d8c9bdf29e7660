"""Residuals that start as the identity: the scale of the batch norm at the body's end is zero.

Goyal et al., 2017, section 5.1.
"""

from __future__ import annotations

from typing import Any

from cnngen.diagnostics import Diagnostic, codes
from cnngen.elaborate.names import Items, Report, Unnamed
from cnngen.ir import Chain, Instance, Item, Layer, Residual, ending, only_weighs
from cnngen.ops import BatchNorm
from cnngen.source import Span
from cnngen.syntax import ast

Zeroed = dict[int, tuple[Chain, Chain | None]]
"""Bodies of blocks by their identity, and what became of each: equal uses share one body."""


def check_end(body: Items, asked: Span, report: Report) -> None:
    """Report a residual that ``asked`` for it though its body does not end in a batch norm."""
    others = (each for each in reversed(body) if not _only_weighs(each))
    last = next(others, None)
    layer = ending(last.item) if last and last.item else None
    if layer is None or not _has_scale(layer):
        report(
            Diagnostic(
                codes.NOTHING_TO_ZERO,
                "the body of this residual does not end in a batch norm with a scale",
                asked,
                "nothing to start at zero",
                hint="end the body with `bn`, or leave out `zero_init`",
            )
        )


def _only_weighs(each: Unnamed) -> bool:
    if each.item is not None:
        return only_weighs(each.item)
    return isinstance(each.node, ast.Region) and each.node.word.name == "gate"


def _has_scale(layer: Layer) -> bool:
    return isinstance(layer.op, BatchNorm) and layer.op.has_scale


def zeroed(made: Residual, known: Zeroed) -> Residual:
    """The residual, its body's end at zero where it has a shortcut: else only zeros were left."""
    body = with_zero_scale(made.body, known) if made.joined else None
    return made if body is None else made._replace(body=body)


def with_zero_scale(chain: Chain, known: Zeroed) -> Chain | None:
    """The chain with zeros for the scale of the batch norm before its last gates and factors.

    None where it does not end in one, or in one without a scale (Goyal et al., 2017, section 5.1).
    """
    place = max((n for n, item in enumerate(chain.items) if not only_weighs(item)), default=None)
    if place is None:
        return None
    changed = _last_with_zero_scale(chain.items[place], known)
    if changed is None:
        return None
    return chain._replace(items=(*chain.items[:place], changed, *chain.items[place + 1 :]))


def _last_with_zero_scale(item: Item, known: Zeroed) -> Item | None:
    if isinstance(item, Chain):
        return with_zero_scale(item, known)
    if isinstance(item, Instance):
        if id(item.body) not in known:
            known[id(item.body)] = (item.body, with_zero_scale(item.body, known))
        body = known[id(item.body)][1]
        return body and item._replace(body=body)
    if isinstance(item, Layer) and _has_scale(item):
        op: Any = item.op
        return item._replace(op=op.replace(zero_scale=True))
    return None
