"""The cell magic ``%%cnn``: a cell of a notebook that is a source."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from cnngen import api
from cnngen.source import Source

CELL = "<cell>"

OPTIONS = """%%cnn [-t torch|keras] [--network NAME] [--draw [graph|volumes]] [--no-summary]

The cell is a source. Its mistakes are shown at their places; else its figures are. With a
target, the generated classes or functions come into the notebook under the networks' names."""


@magics_class
class CnnMagics(Magics):
    """What ``%load_ext cnngen`` registers."""

    @cell_magic
    def cnn(self, line: str, cell: str) -> None:
        """Check, show, and with a target build the networks of a cell."""
        given = _options(line)
        source = Source(CELL, cell)
        try:
            found = api.summary(source, network=given.network)
            module = given.target and api.module(source, given.target, network=given.network)
            drawn = given.draw and api.draw(source, network=given.network, style=given.draw)
        except api.CompileError as error:
            _show(error.diagnostics)
            return
        except ValueError as error:  # several networks, of which one is to be drawn
            raise UsageError(f"{error}\n\n{OPTIONS}") from error
        if module:
            assert self.shell is not None
            self.shell.user_ns.update({each.name: getattr(module, each.name) for each in found})
        if not given.no_summary:
            _show(found)
        if drawn:
            _show(drawn)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise UsageError(f"{message}\n\n{OPTIONS}")


def _options(line: str) -> argparse.Namespace:
    parser = _Parser(prog="%%cnn", add_help=False)
    parser.add_argument("-t", "--target", choices=["torch", "keras"])
    parser.add_argument("--network")
    parser.add_argument("--draw", nargs="?", const="graph", choices=["graph", "volumes"])
    parser.add_argument("--no-summary", action="store_true")
    try:
        return parser.parse_args(shlex.split(line))
    except ValueError as error:  # a quote that is not closed
        raise UsageError(f"{error}\n\n{OPTIONS}") from error


def _show(thing: object) -> None:
    display(thing)  # type: ignore[no-untyped-call]
