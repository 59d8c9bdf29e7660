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

MOST_KINDS = 5
"""Operators that are told of; where there are more, the model is another kind of network."""

SHOWN = 3
"""Names that differ which are listed."""


def unliftable(source: str, why: str) -> Diagnostic:
    """The model cannot be recorded."""
    return Diagnostic(codes.NOT_RECORDED, why, path=source)


def missing(source: str, items: Sequence[Missing], *, partial: bool) -> list[Diagnostic]:
    """What the language has no word for: each operator once, with its first place."""
    hint = "" if partial else "`--partial` writes the rest, with a stand-in in its place"
    kinds: dict[tuple[str, str], list[Missing]] = {}
    for item in items:
        kinds.setdefault((item.operator, item.why), []).append(item)
    groups = sorted(kinds.values(), key=lambda same: not _is_attention(same[0]))
    found = [_missing(source, same, hint) for same in groups[:MOST_KINDS]]
    left = len(kinds) - len(found)
    if left > 0:
        last = found[-1]
        found[-1] = last._replace(notes=(*last.notes, f"and {left} other operators have none"))
    return found


ATTENTION = "it attends from each position to all others; cnngen says convolutional networks"


def _is_attention(item: Missing) -> bool:
    """Whether an operator is what transformers are made of."""
    return "attention" in item.operator.lower()


def _missing(source: str, same: Sequence[Missing], hint: str) -> Diagnostic:
    first = same[0]
    place = f"{first.place}: " if first.place else ""
    why = first.why or (ATTENTION if _is_attention(first) else "")
    because = f": {why}" if why else ""
    more = f"it is used in {len(same)} places, of which this is the first"
    return Diagnostic(
        codes.NO_WORD,
        f"{place}`{first.operator}` has no word in the language{because}",
        hint=hint,
        notes=(more,) if len(same) > 1 else (),
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


def show_partial(output: str | None, text: str, place: str) -> None:
    """What was written of a model of which a part is missing."""
    lines = counted(len(text.splitlines()), "line")
    told = f"{output or place}: {lines}; `unlifted` stands where something is missing"
    click.echo(one_line(told), err=True)


def show(
    output: str | None,
    text: str,
    network: Network,
    names: Mapping[str, str],
    place: str,
    *,
    named: bool,
) -> None:
    """What was written and, where the names of layers count, whether they are the model's own."""
    lines = counted(len(text.splitlines()), "line")
    parameters = counted(parameter_count(network), "parameter")
    click.echo(one_line(f"{output or place}: {network.name}, {lines}, {parameters}"), err=True)
    if not named:
        return
    other = [(ours, own) for ours, own in names.items() if ours != own]
    if not other:
        click.echo("weights have the model's own names", err=True)
        return
    click.echo(f"{counted(len(other), 'weight')} of {len(names)} with another name:", err=True)
    for ours, own in other[:SHOWN]:
        click.echo(one_line(f"  {own} is {ours}"), err=True)
    if len(other) > SHOWN:
        click.echo(f"  and {len(other) - SHOWN} more", err=True)
    click.echo("`--write-map FILE` writes them all, for `weights convert --map`", err=True)


def show_notes(notes: Sequence[str]) -> None:
    """What the model does in training and the network does not."""
    for note in notes:
        click.echo(one_line(f"note: {note}"), err=True)


def show_comparisons(compared: Sequence[Compared], color: str) -> None:
    """A line for each comparison, on standard error."""
    in_color = console.in_color(color, sys.stderr)
    if compared:
        click.echo(
            "the generated module beside the model, with its weights, on random inputs:", err=True
        )
    for each in compared:
        verdict = "the same" if each.holds else "DIFFERENT"
        paint = ("green" if each.holds else "red") if in_color else None
        difference = f"relative difference {each.found.relative:.1e}, allowed {each.limit:.0e}"
        painted = click.style(verdict, fg=paint, reset=in_color)
        click.echo(f"  {each.check}: {painted}, {difference}", err=True)
