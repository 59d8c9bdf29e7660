"""What a file holds beside what a network needs."""

from __future__ import annotations

import json
from collections import Counter

import click

from cnngen.cli import tables
from cnngen.diagnostics.render import counted, one_line
from cnngen.frameworks.files import Contents
from cnngen.weights import Fit, Row, Status


def show_comparison(held: Fit, contents: Contents, *, as_json: bool) -> None:
    """Print every name of the network or the file, and what is to be said of it."""
    if as_json:
        click.echo(json.dumps(_data(held, contents), indent=2))
        return
    heads = ["name", "in the network", "in the file", "type", "status"]
    tables.show(heads, [_cells(row) for row in held.rows])
    for what in contents.beside:
        click.echo(one_line(f"beside the weights: {what}"))
    click.echo(f"{held.network.name}: {_verdict(held)}")


def _cells(row: Row) -> list[str]:
    near = f", near to {row.nearest}" if row.nearest else ""
    return [
        row.name,
        tables.sizes(row.expected),
        tables.sizes(row.found),
        row.dtype,
        row.status.value + near,
    ]


def _verdict(held: Fit) -> str:
    counts = Counter(row.status for row in held.rows)
    if not held.wrong:
        return f"all {counted(counts[Status.OK], 'weight')} fit, {' and '.join(held.types)}"
    shown = [f"{counts[status]:,} {status.value}" for status in Status if counts[status]]
    return ", ".join(shown)


def _data(held: Fit, contents: Contents) -> dict[str, object]:
    rows = [
        {
            "name": row.name,
            "status": row.status.value,
            "expected": row.expected,
            "found": row.found,
            "type": row.dtype,
            "nearest": row.nearest,
        }
        for row in held.rows
    ]
    fits = not held.wrong
    network = held.network.name
    return {"network": network, "fits": fits, "beside": list(contents.beside), "weights": rows}
