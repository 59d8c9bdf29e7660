"""The cell magic ``%%cnn``: a cell of a notebook that is a source."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from cnngen import api

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
        try:
            found = api.summary(cell, network=given.network)
            if given.target:
                self._take(cell, given)
        except api.CompileError as error:
            _show(error.diagnostics)
            return
        if not given.no_summary:
            _show(found)
        if given.draw:
            _show(api.draw(cell, network=given.network, style=given.draw))

    def _take(self, cell: str, given: argparse.Namespace) -> None:
        module = api.module(cell, given.target, network=given.network)
        names = [each.name for each in api.summary(cell, network=given.network)]
        assert self.shell is not None
        self.shell.user_ns.update({name: getattr(module, name) for name in names})


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise UsageError(f"{message}\n\n{OPTIONS}")


def _options(line: str) -> argparse.Namespace:
    parser = _Parser(prog="%%cnn", add_help=False)
    parser.add_argument("-t", "--target", choices=["torch", "keras"])
    parser.add_argument("--network")
    parser.add_argument("--draw", nargs="?", const="graph", choices=["graph", "volumes"])
    parser.add_argument("--no-summary", action="store_true")
    return parser.parse_args(shlex.split(line))


def _show(thing: object) -> None:
    display(thing)  # type: ignore[no-untyped-call]
