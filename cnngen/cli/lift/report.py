"""What ``cnngen lift`` says."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from cnngen.analysis.cost import parameter_count
from cnngen.cli import console
from cnngen.diagnostics import Diagnostic, codes
from cnngen.diagnostics.render import counted, one_line
from cnngen.ir import Network

if TYPE_CHECKING:
    from cnngen.lifting.proof import Compared
    from cnngen.lifting.structure.items import Missing

SHOWN = 3
"""Names that differ which are listed."""


def unliftable(source: str, why: str) -> Diagnostic:
    """The model cannot be recorded."""
    return Diagnostic(codes.NOT_RECORDED, why, path=source)


def missing(source: str, item: Missing) -> Diagnostic:
    """The language has no word for a part of it."""
    place = f"{item.place}: " if item.place else ""
    why = f": {item.why}" if item.why else ""
    return Diagnostic(
        codes.NO_WORD,
        f"{place}`{item.operator}` has no word in the language{why}",
        hint="`--partial` writes the rest, with a stand-in in this place",
        path=source,
    )


def differs(source: str, compared: Sequence[Compared]) -> Diagnostic:
    """What was lifted computes something else."""
    wrong = next(each for each in compared if not each.holds)
    return Diagnostic(
        codes.LIFTED_DIFFERS,
        f"{wrong.check} differ by {wrong.found.relative:.1e} of their size: nothing is written",
        hint="this is a fault of cnngen, or the model depends on more than its input; please "
        "report it with the model",
        path=source,
    )


def show(
    output: str | None, text: str, network: Network, names: Mapping[str, str], place: str
) -> None:
    """What was written, and whether weights have the model's own names."""
    lines = counted(len(text.splitlines()), "line")
    parameters = counted(parameter_count(network), "parameter")
    click.echo(one_line(f"{output or place}: {network.name}, {lines}, {parameters}"), err=True)
    other = [(ours, own) for ours, own in names.items() if ours != own]
    if not other:
        click.echo("weights have the model's own names", err=True)
        return
    click.echo(f"{counted(len(other), 'weight')} of {len(names)} with another name:", err=True)
    for ours, own in other[:SHOWN]:
        click.echo(one_line(f"  {own} is {ours}"), err=True)
    if len(other) > SHOWN:
        click.echo(f"  and {len(other) - SHOWN} more", err=True)


def show_comparisons(compared: Sequence[Compared], color: str) -> None:
    """A line for each comparison, on standard error."""
    in_color = console.in_color(color, sys.stderr)
    for each in compared:
        verdict = "the same" if each.holds else "DIFFERENT"
        paint = ("green" if each.holds else "red") if in_color else None
        difference = f"largest difference {each.found.relative:.1e} of its size"
        click.echo(
            f"{each.check}: {click.style(verdict, fg=paint, reset=in_color)}, {difference}",
            err=True,
        )
