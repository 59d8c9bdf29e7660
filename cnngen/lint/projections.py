"""W115: projections that are there because of a number that is slightly off."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, codes
from cnngen.ir import Residual
from cnngen.lint.rule import Rule
from cnngen.lint.view import View
from cnngen.ops import Map
from cnngen.passes.shortcuts import inserted
from cnngen.source import Span

ALMOST = 1.5
"""How many times as many channels are still almost as many."""


def _small(view: View) -> Iterator[Diagnostic]:
    uses: dict[Span, list[Residual]] = {}
    for network in view.networks:
        for found in inserted(network):
            uses.setdefault(found.residual.at.span, []).append(found.residual)
    for place, residuals in uses.items():
        if place.source is view.source and all(map(_is_almost_the_input, residuals)):
            x, y = residuals[0].at.input, residuals[0].at.output
            yield Diagnostic(
                codes.SMALL_PROJECTION,
                f"the body makes {y.channels} channels of {x.channels}, so a projection is "
                "inserted in the shortcut",
                place,
                f"{x} -> {y}",
                hint=f"if {x.channels} was meant, the input itself is added; else write "
                "`shortcut=projection`",
            )


def _is_almost_the_input(residual: Residual) -> bool:
    x, y = residual.at.input, residual.at.output
    if residual.mode != "path" or not isinstance(x, Map) or not isinstance(y, Map):
        return False
    few, many = sorted((x.channels, y.channels))
    return x.sizes == y.sizes and few < many < ALMOST * few


SMALL_PROJECTION = Rule(codes.SMALL_PROJECTION, _small)
