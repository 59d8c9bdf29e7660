"""What both commands begin with: one network of a file, and what a file's name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cnngen.backends.base import Backend
from cnngen.cli import files
from cnngen.cli.requirements import MissingError
from cnngen.cli.sources import Shown, compiled, one_network
from cnngen.cli.sources import read as read_source
from cnngen.compiler import Result
from cnngen.diagnostics import DiagnosticError
from cnngen.diagnostics.render import one_line
from cnngen.elaborate import Choice
from cnngen.ir import Network
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from cnngen.frameworks.files import Contents, Ending, FileFormat


class Chosen(NamedTuple):
    """A network, and what its file compiles to for the targets that were asked for."""

    network: Network
    result: Result


def chosen(
    path: str, wanted: Choice, backends: list[Backend], shown: Shown, *, debug: bool
) -> Chosen:
    """The one network of a source that is wanted; a usage error where there are several."""
    result = compiled(read_source(path, shown), backends, wanted, shown, debug=debug)
    return Chosen(one_network(result, "weights are those of"), result)


def ending(path: str) -> Ending:
    """The format of a file of weights; a usage error where its name says none."""
    from cnngen.frameworks.files import ENDINGS, ending_of

    found = ending_of(path)
    if found is None:
        known = ", ".join(known.text for known in ENDINGS)
        raise click.UsageError(one_line(f"'{path}' has none of the endings {known}"))
    return found


def read(form: FileFormat, path: str, network: Network) -> Contents:
    """What is in a file of weights.

    Raises:
        DiagnosticError: it cannot be read, or is none.
    """
    from cnngen.frameworks.files import NotWeightsError
    from cnngen.weights import not_weights

    try:
        return form.read(path, network)
    except NotWeightsError as error:
        raise DiagnosticError(not_weights(path, str(error))) from error
    except OSError as error:
        raise DiagnosticError(files.unreadable(path, error)) from error


def form_of(ending: Ending, *, writing: bool = False) -> FileFormat:
    """What reads and writes files with this ending, if the packages that it needs are there."""
    from cnngen.frameworks import MissingFrameworkError
    from cnngen.frameworks.files import file_format

    try:
        return file_format(ending, writing=writing)
    except MissingFrameworkError as error:
        raise MissingError(str(error)) from error
