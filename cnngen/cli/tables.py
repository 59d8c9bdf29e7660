"""Tables and progress for people, by rich, which is imported when something is drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDE = 200
"""Columns where standard output is no terminal: nothing is cut off for a program."""


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[str | Text]], *, right: Sequence[str], color: bool
) -> None:
    """Write a table to standard output; the columns in ``right`` are aligned to the right."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold" if color else "")
    for head in heads:
        side = "right" if head in right else "left"
        table.add_column(head, justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*row)
    _console(color).print(table)


def styled(text: str, style: str) -> Text:
    """A cell of this style, whatever characters are in it."""
    from rich.text import Text

    return Text(text, style)


def _console(color: bool) -> Console:
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(
        no_color=not color,
        force_terminal=color,
        highlight=False,
        markup=False,
        width=None if terminal else WIDE,
    )


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
