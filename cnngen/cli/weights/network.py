"""What both commands begin with: one network of a file, and what a file's name says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cnngen import files
from cnngen.backends.base import Backend
from cnngen.choice import Choice
from cnngen.cli.requirements import MissingError
from cnngen.cli.sources import Shown, compiled, one_network
from cnngen.cli.sources import read as read_source
from cnngen.compiler import Result
from cnngen.diagnostics import DiagnosticError
from cnngen.diagnostics.render import one_line
from cnngen.ir import Network
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from cnngen.frameworks.files import Ending, FileFormat, Sets


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


def ending_to_read(path: str) -> Ending:
    """The format of a file of weights; a usage error where neither it nor its name says one.

    Raises:
        DiagnosticError: it cannot be read.
    """
    from cnngen.frameworks import files as formats

    with readable(path):
        found = formats.ending_to_read(path)
    if found is None:
        raise _no_ending(path, [known.text for known in formats.ENDINGS])
    return found


def ending_to_write(path: str) -> Ending:
    """The format that a file shall have; a usage error where its name says none that is written."""
    from cnngen.frameworks.files import ENDINGS, ending_of

    found = ending_of(path)
    if found is None or not found.writing:
        raise _no_ending(path, [known.text for known in ENDINGS if known.writing])
    return found


def _no_ending(path: str, known: Sequence[str]) -> click.UsageError:
    return click.UsageError(one_line(f"'{path}' has none of the endings {', '.join(known)}"))


@contextmanager
def readable(path: str) -> Iterator[None]:
    """What makes a diagnostic of a file that cannot be read, or holds no weights.

    Raises:
        DiagnosticError: it cannot, or does not.
    """
    from cnngen.frameworks.files import NotWeightsError
    from cnngen.weights import not_weights

    try:
        yield
    except NotWeightsError as error:
        raise DiagnosticError(not_weights(path, error)) from error
    except OSError as error:
        raise DiagnosticError(files.unreadable(path, error, source=False)) from error


def read(form: FileFormat, path: str, network: Network) -> Sets:
    """The sets of weights in a file.

    Raises:
        DiagnosticError: it cannot be read, or has none.
    """
    with readable(path):
        return form.read(path, network)


@contextmanager
def installed() -> Iterator[None]:
    """What ends with exit code 2 where a package is not installed that is needed."""
    from cnngen.frameworks import MissingFrameworkError

    try:
        yield
    except MissingFrameworkError as error:
        raise MissingError(str(error)) from error
