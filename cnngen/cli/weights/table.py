"""Tables for people, which programs can cut up as well."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnngen.diagnostics.render import one_line

WIDE = 100_000
"""Columns where the output is no terminal: what reads it wants every row on a line."""


def show(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output; nothing is cut off."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    terminal = sys.stdout.isatty()
    console = Console(color_system=None, width=None if terminal else WIDE)
    with console.capture() as capture:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in capture.get().split("\n")), nl=False)


def sizes(shape: Sequence[int] | None) -> str:
    """A shape as ``64x3x7x7``; a single number is one of no size."""
    if shape is None:
        return ""
    return "x".join(map(str, shape)) or "()"
