"""What a file holds beside what a network needs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import click

from cnngen.cli import tables
from cnngen.diagnostics.render import counted, one_line
from cnngen.record import NamedTuple
from cnngen.weights import Fit, Row, Status


class Held(NamedTuple):
    """A set of weights of a file: its key, how it fits, and what is beside it in the file."""

    key: str
    fit: Fit
    beside: tuple[str, ...]


def show_comparison(held: Held, *, as_json: bool) -> None:
    """Print every name of the network or the file, and what is to be said of it."""
    if as_json:
        click.echo(json.dumps(_data(held), indent=2))
        return
    heads = ["name", "in the network", "in the file", "type", "status"]
    tables.show(heads, [_cells(row) for row in held.fit.rows])
    if held.key:
        click.echo(one_line(f"the weights are those under the key {held.key}"))
    for what in held.beside:
        click.echo(one_line(f"beside the weights: {what}"))
    click.echo(f"{held.fit.network.name}: {_verdict(held.fit)}")


def show_sets(held: Sequence[Held], *, as_json: bool) -> None:
    """Print the sets of weights of a file, and how each fits."""
    if as_json:
        network = held[0].fit.network.name
        fits = any(not each.fit.wrong for each in held)
        sets = [_data(each) for each in held]
        click.echo(json.dumps({"network": network, "fits": fits, "sets": sets}, indent=2))
        return
    tables.show(["--key", held[0].fit.network.name], [_row(each) for each in held])


def _row(held: Held) -> list[str]:
    return [held.key or "''", _verdict(held.fit)]


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


def _data(held: Held) -> dict[str, object]:
    rows = [
        {
            "name": row.name,
            "status": row.status.value,
            "expected": row.expected,
            "found": row.found,
            "type": row.dtype,
            "nearest": row.nearest,
        }
        for row in held.fit.rows
    ]
    return {
        "network": held.fit.network.name,
        "fits": not held.fit.wrong,
        "key": held.key,
        "beside": list(held.beside),
        "weights": rows,
    }
