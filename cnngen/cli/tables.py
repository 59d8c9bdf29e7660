"""Tables and progress for people, by rich, which is imported when something is drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from cnngen.diagnostics.render import one_line

if TYPE_CHECKING:
    from rich.text import Text

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


def sizes(shape: Sequence[int] | None) -> str:
    """A shape as ``64x3x7x7``; a single number is one of no size."""
    if shape is None:
        return ""
    return "x".join(map(str, shape)) or "()"


def styled(text: str, style: str = "") -> Text:
    """A cell of this style, on one line, whatever characters are in it."""
    from rich.text import Text

    return Text(one_line(text), style)


def progress(total: int, *, shown: bool) -> AbstractContextManager[Callable[[str], None]]:
    """A :func:`bar` on standard error, if that is a terminal, and rich is there to draw it."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    drawn = shown and terminal and find_spec("rich") is not None
    return bar("", total, shown=drawn, on_error=True)


@contextmanager
def bar(
    what: str, total: int, *, shown: bool, on_error: bool = False
) -> Iterator[Callable[[str], None]]:
    """A bar while it lasts; what it gives is called before each piece of work.

    It is on standard error, or where rich finds that it can be shown, such as in a notebook.
    """
    if not shown:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    console = Console(stderr=on_error)
    # What code of the user's prints meanwhile stays on the stream that it is for.
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as shows:
        task = shows.add_task(what, total=total, completed=-1)

        def advance(piece: str) -> None:
            shows.update(task, advance=1, description=f"{what} {piece}".strip())

        yield advance
