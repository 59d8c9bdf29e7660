"""How the result of ``cnngen verify`` is shown: tables for people, JSON for programs."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from cnngen.cli import tables

if TYPE_CHECKING:
    from rich.text import Text

    from cnngen.verification import Match, Report, Row

Found = tuple["Report", "list[Match]"]
"""A network's report, and which weight of the user's own model is which."""

STYLES = {"ok": "green", "shown": "dim", "diverged": "bold yellow", "differs": "bold red"}

HEADS = ("compared", "model", "with", "absolute", "relative", "allowed", "")


def show_json(found: Sequence[Found]) -> None:
    """Write all reports to standard output, as one document."""
    networks = [_as_data(report, matches) for report, matches in found]
    click.echo(json.dumps({"networks": networks}, indent=2, allow_nan=False))


def show(found: Found, *, first: bool, color: bool) -> None:
    """Write a report to standard output, at once; an empty line stands between two."""
    report, matches = found
    if not first:
        click.echo()
    _show_matches(matches)
    click.echo(f"{report.network}, {report.dtype}, batches of {report.batch}")
    rows = [_cells(row) for row in report.rows]
    tables.show(HEADS, rows, right=("absolute", "relative", "allowed"), color=color)
    for note in _notes(report):
        click.echo(f"note: {note}")
    click.echo(verdict_of(report))  # which flushes


def _cells(row: Row) -> list[str | Text]:
    a, b = row.pair
    allowed = "" if row.limit is None else f"{row.limit:.0e}"
    numbers = [f"{row.absolute:.1e}", f"{row.relative:.1e}", allowed]
    return [row.check, a, b, *numbers, _mark(row)]


def _mark(row: Row) -> Text:
    text = f"{row.verdict}, {row.place.text}" if row.place.text else row.verdict
    return tables.styled(text, STYLES[row.verdict])


def verdict_of(report: Report) -> str:
    """What all comparisons of a network come to, in a line."""
    counts = Counter(row.verdict for row in report.rows if row.limit is not None)
    judged = counts.total()
    if counts["differs"]:
        return f"{report.network}: {counts['differs']} of {judged} comparisons differ"
    if counts["diverged"]:
        return f"{report.network}: {counts['diverged']} of {judged} comparisons diverged"
    return f"{report.network}: the same in all {judged} comparisons"


def _notes(report: Report) -> Iterator[str]:
    """What explains the rows, each once."""
    yield from dict.fromkeys(row.why for row in report.rows if row.why)
    diverged = [row for row in report.rows if row.verdict == "diverged"]
    if any(not row.place.step for row in diverged):
        yield "values of the network are beyond all numbers, in the reference as well"
    elif diverged:
        step = min(row.place.step for row in diverged)
        yield (
            f"the loss is beyond a million times its first value in step {step} of training, in "
            "the reference as well: nothing is shown from there on, and `--steps "
            f"{step - 1}` compares what comes before"
        )


def _show_matches(matches: Sequence[Match]) -> None:
    """Which weight is which: all that were not found by their names."""
    by_order = [match for match in matches if match.by == "order"]
    if matches:
        click.echo(f"{len(matches) - len(by_order)} of {len(matches)} weights matched by name")
    if by_order:
        click.echo("the others by order among those of the same shape:")
        rows = [(m.generated, m.own, tables.sizes(m.shape)) for m in by_order]
        tables.show(("generated", "yours", "shape"), rows)
    if matches:
        click.echo()


def _as_data(report: Report, matches: Sequence[Match]) -> dict[str, Any]:
    return {
        "network": report.network,
        "dtype": report.dtype,
        "batch": report.batch,
        "holds": report.holds,
        "comparisons": [_row_as_data(row) for row in report.rows],
        "losses": {
            optimiser: {model: [*_finite(values)] for model, values in of.items()}
            for optimiser, of in report.losses.items()
        },
        "matching": [match._asdict() for match in matches],
    }


def _row_as_data(row: Row) -> dict[str, Any]:
    absolute, relative = _finite([row.absolute, row.relative])
    return {
        "check": row.check,
        "model": row.pair[0],
        "with": row.pair[1],
        "absolute": absolute,
        "relative": relative,
        "allowed": row.limit,
        "holds": row.holds,
        "verdict": row.verdict,
        "place": row.place.text or None,
        "layer": row.place.layer or None,
        "why": row.why or None,
    }


def _finite(values: Sequence[float]) -> Iterator[float | None]:
    """JSON has no infinity and no NaN."""
    return (value if math.isfinite(value) else None for value in values)
