"""Doing something again whenever a file that it read has changed.

Files are asked for their time a few times a second, which needs no package, works on any disk, and
costs next to nothing for as many sources as a project has.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping
from typing import NoReturn

import click

from cnngen import files
from cnngen.diagnostics.render import counted
from cnngen.source import Source

INTERVAL = 0.25
"""Seconds between two looks at the files."""

Stamp = tuple[int, int, int] | None
"""What changes where a file is written: its time, its size, which file it is; None of no file."""


class Reading:
    """Reads sources, and remembers which they were and in what state: missing ones too."""

    def __init__(self) -> None:
        self.seen: dict[str, Stamp] = {}

    def __call__(self, path: str) -> Source:
        """The source at a path, as :func:`cnngen.files.read_source` reads it."""
        self.seen.setdefault(path, stamp(path))  # first, so that no later change is missed
        return files.read_source(path)


def stamp(path: str) -> Stamp:
    """The state of a file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def repeat(turn: Callable[[Reading], object], listing: Callable[[], object]) -> NoReturn:
    """Take a turn, and another one after each change, until Ctrl-C.

    Args:
        turn: what is to be done; usage errors are shown, and it goes on.
        listing: what the turn is about, such as the names of files; a change of it counts too.
    """
    while True:
        about, reading = listing(), Reading()
        try:
            turn(reading)
        except click.ClickException as error:
            error.show()
        gc.collect()  # what the command line does not do by itself, for one turn is short
        watched = counted(len(reading.seen), "file")
        click.echo(f"watching {watched} (Ctrl-C ends)", err=True)
        while listing() == about and not _has_changed(reading.seen):
            time.sleep(INTERVAL)


def _has_changed(seen: Mapping[str, Stamp]) -> bool:
    return any(stamp(path) != before for path, before in seen.items())
