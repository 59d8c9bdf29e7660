"""What the commands that run networks begin with: a source compiled, or the reason why not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from cnngen import files
from cnngen.choice import Choice
from cnngen.cli import config, console, options
from cnngen.diagnostics import Diagnostic, DiagnosticError
from cnngen.diagnostics.render import one_line
from cnngen.diagnostics.suggest import listed
from cnngen.record import NamedTuple
from cnngen.source import Source

if TYPE_CHECKING:
    from cnngen.backends.base import Backend
    from cnngen.compiler import Result
    from cnngen.ir import Network


class Shown(NamedTuple):
    """How diagnostics are shown, and whether standard output has a ``product`` beside them."""

    form: str
    color: str
    product: bool = False

    @property
    def for_programs(self) -> bool:
        """Whether a program reads them, and nothing else is to be said."""
        return self.form in console.FOR_PROGRAMS

    def show(self, found: Sequence[Diagnostic]) -> int:
        """Show what was found, if anything; the exit code that it stands for.

        Programs are told that nothing was found where that is all of standard output.
        """
        if not found and self.product:
            return 0
        code = console.show(found, self.form, self.color, product=self.product)
        console.summary(found, self.form)
        return code

    def end(self, *found: Diagnostic) -> NoReturn:
        """Show what was found, which is an error, and go."""
        sys.exit(self.show(found))


def read(path: str, shown: Shown) -> Source:
    """The source; where it cannot be read that is shown, and it ends here."""
    try:
        return files.read_source(path)
    except DiagnosticError as error:
        shown.end(error.diagnostic)


def compiled(
    source: Source, backends: Sequence[Backend], wanted: Choice, shown: Shown, *, debug: bool
) -> Result:
    """The source compiled as it and the project say; mistakes are shown, and it ends there."""
    from cnngen.compiler import compile_source

    try:
        wanted = options.of_project(wanted, config.load(), source.path)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    result = compile_source(source, backends, wanted, load=files.loader(source), debug=debug)
    if not result.complete:
        shown.end(*result.diagnostics)
    return result


def networks(result: Result) -> tuple[Network, ...]:
    """The networks of a source that has compiled."""
    return result.module.networks


def one_network(result: Result, what: str) -> Network:
    """The only network; a usage error, which begins with ``what``, where there are more."""
    found = networks(result)
    if len(found) > 1:
        names = listed(network.name for network in found)
        raise click.UsageError(
            one_line(f"{what} one network, the file has more; choose with --network: {names}")
        )
    return found[0]
