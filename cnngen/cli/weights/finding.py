"""Under which names a file has the weights of a network, as ``--match`` says."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from cnngen import files
from cnngen.cli.weights.network import Chosen, installed, readable
from cnngen.diagnostics import DiagnosticError
from cnngen.partial import replacing
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnngen.frameworks.files import Contents, FileFormat, Generated
    from cnngen.weights import Parts

WAYS = ("name", "graph", "order")


class Match(NamedTuple):
    """By what weights are found, one of ``WAYS``; whether to trust it; the table to write."""

    by: str
    trusted: bool
    table: str | None


class Renamed(NamedTuple):
    """What a file holds under the network's names, and these by those in the file."""

    contents: Contents
    names: Mapping[str, str]


def check(match: Match, text: str, reader: FileFormat, table: str | None) -> None:
    """A usage error where files of this ending do not hold what weights are to be found by."""
    if match.by == "order" and not reader.keeps_order:
        raise click.UsageError(
            f"{text} files do not keep the order of weights, which --match order goes by"
        )
    if match.by == "graph" and not reader.keeps_graph:
        raise click.UsageError(
            f"{text} files do not say how layers are connected, which --match graph goes by; "
            ".keras files do, and .h5 files of whole models"
        )
    if match.by != "name" and table is not None:
        raise click.UsageError("--map says which names weights have: it goes without --match")
    if match.by == "name" and match.table is not None:
        raise click.UsageError("--write-map goes with --match graph or --match order")


def found_by(
    match: Match,
    path: str,
    reader: FileFormat,
    given: Chosen,
    contents: Contents,
    parts: Parts,
) -> Renamed:
    """What the file holds, under the network's names.

    Raises:
        DiagnosticError: it cannot be told which layer is which.
    """
    from cnngen.weights import fitted, under_two_names

    network = given.network
    if match.by == "name":
        return Renamed(under_two_names(network, reader, contents), {})
    if match.by == "graph":
        names = _by_graph(path, reader, given, contents, parts)
    else:
        names = _by_order(match, path, reader, given, contents, parts)
    return Renamed(fitted(network, reader, contents.renamed(names)), names)


def _by_graph(
    path: str, reader: FileFormat, given: Chosen, contents: Contents, parts: Parts
) -> dict[str, str]:
    from cnngen.weights import names_in_file

    with readable(path):
        return names_in_file(given.network, reader, contents, path, parts)


def _by_order(
    match: Match,
    path: str,
    reader: FileFormat,
    given: Chosen,
    contents: Contents,
    parts: Parts,
) -> dict[str, str]:
    from cnngen.weights import misplaced, names_in_order

    module = module_of(reader.target, given)
    with installed():
        names = names_in_order(
            given.network, reader, module, contents, path, parts, trusted=match.trusted
        )
    refusal = None if match.trusted else misplaced(names, contents, path)
    if refusal is not None:
        raise DiagnosticError(refusal)
    return names


def module_of(target: str, found: Chosen) -> Generated:
    """The module that is generated for a target."""
    from cnngen.frameworks.files import Generated

    (output,) = (o for o in found.result.outputs if o.target == target)
    return Generated(output.name.removesuffix(".py"), output.text)


def write_table(path: str, names: Mapping[str, str]) -> None:
    """Write the table for ``--map`` that gives these names.

    Raises:
        DiagnosticError: they cannot be written.
    """
    from cnngen.weights import table_of

    try:
        with replacing(os.path.realpath(path)) as part, open(part, "x", encoding="utf-8") as file:
            file.write(json.dumps(table_of(names), indent=2) + "\n")
    except OSError as error:
        raise files.unwritable(path, error) from error
