"""How the result of ``cnngen verify`` is shown: tables for people, JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from cnngen.cli import tables

if TYPE_CHECKING:
    from rich.text import Text

    from cnngen.verification import Match, Report, Row

Found = tuple["Report", "list[Match]"]
"""A network's report, and which weight of the user's own model is which."""

HEADS = ("compared", "model", "with", "absolute", "relative", "allowed", "")


def show(found: Sequence[Found], *, as_json: bool, color: bool) -> None:
    """Write the reports to standard output."""
    if as_json:
        networks = [_as_data(report, matches) for report, matches in found]
        click.echo(json.dumps({"networks": networks}, indent=2, allow_nan=False))
        return
    for place, (report, matches) in enumerate(found):
        if place:
            click.echo()
        _show_matches(matches)
        click.echo(f"{report.network}, {report.dtype}, batches of {report.batch}")
        rows = [_cells(row) for row in report.rows]
        tables.show(HEADS, rows, right=("absolute", "relative", "allowed"), color=color)
        for why in dict.fromkeys(row.why for row in report.rows if row.why):
            click.echo(f"note: {why}")
        click.echo(_verdict(report))


def _cells(row: Row) -> list[str | Text]:
    a, b = row.pair
    allowed = "" if row.limit is None else f"{row.limit:.0e}"
    numbers = [f"{row.absolute:.1e}", f"{row.relative:.1e}", allowed]
    return [row.check, a, b, *numbers, _mark(row)]


def _mark(row: Row) -> Text:
    if row.limit is None:
        return tables.styled("shown", "dim")
    if row.holds:
        return tables.styled("ok", "green")
    return tables.styled(f"differs, first in {row.layer}" if row.layer else "differs", "bold red")


def _verdict(report: Report) -> str:
    judged = [row for row in report.rows if row.limit is not None]
    broken = [row for row in judged if not row.holds]
    if broken:
        return f"{report.network}: {len(broken)} of {len(judged)} comparisons differ"
    return f"{report.network}: the same in all {len(judged)} comparisons"


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
        "layer": row.layer or None,
        "why": row.why or None,
    }


def _finite(values: Sequence[float]) -> Iterator[float | None]:
    """JSON has no infinity and no NaN."""
    return (value if math.isfinite(value) else None for value in values)
