"""Tables and progress for people, by rich, which is imported when something is drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cnngen.diagnostics.render import one_line

if TYPE_CHECKING:
    from rich.text import Text

SCALES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))

WIDE = 100_000
"""Columns where standard output is no terminal: what reads it wants every row on a line."""


def show(
    heads: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    right: Sequence[str] = (),
    color: bool = False,
) -> None:
    """Print a table to standard output; nothing is cut off.

    The columns in ``right`` are aligned to the right; colours are those of cells that are styled.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="")
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(styled(cell) if isinstance(cell, str) else cell for cell in row))
    terminal = sys.stdout.isatty()
    console = Console(
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,  # else rich asks NO_COLOR, which was asked already
        width=None if terminal else WIDE,
    )
    with console.capture() as capture:
        console.print(table)
    text = "\n".join(line.rstrip() for line in capture.get().split("\n"))
    click.echo(text, nl=False, color=color)


def columns(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Rows as lines with their cells below one another: what is too plain for rich to be loaded.

    The columns in ``right``, counted from 0, are aligned to the right.
    """
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = zip(row, widths, strict=True)
        shown = (c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(cells))
        return "  ".join(shown).rstrip()

    return [line(row) for row in rows]


def short(number: int) -> str:
    """Three digits of a number: ``25.6 M``."""
    for scale, sign in SCALES:
        if number >= scale:
            value = number / scale
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {sign}"
    return str(number)


def sizes(shape: Sequence[int] | None) -> str:
    """A shape as ``64x3x7x7``; a single number is one of no size."""
    if shape is None:
        return ""
    return "x".join(map(str, shape)) or "()"


def styled(text: str, style: str = "") -> Text:
    """A cell of this style, on one line, whatever characters are in it."""
    from rich.text import Text

    return Text(one_line(text), style)


@contextmanager
def progress(total: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """A bar on standard error while it lasts; what it gives is called before each piece of work."""
    if not (shown and sys.stderr is not None and sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, completed=-1)

        def advance(what: str) -> None:
            bar.update(task, advance=1, description=what)

        yield advance
