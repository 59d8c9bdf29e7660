"""``cnngen breaking``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from cnngen import files
from cnngen.backends import BUILT_IN
from cnngen.backends.base import Backend
from cnngen.choice import Choice
from cnngen.cli import completion, config, console, examples, git, options
from cnngen.cli.requirements import need
from cnngen.cli.sources import Shown
from cnngen.cli.weights.finding import write_table
from cnngen.cli.weights.output import check_output
from cnngen.compiler import analyse
from cnngen.diagnostics import Diagnostic, DiagnosticError, in_source_order
from cnngen.diagnostics.render import counted, one_line
from cnngen.diagnostics.suggest import listed
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.source import SCHEME, Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse

if TYPE_CHECKING:
    from cnngen.weights import Change

MOST_SHOWN = 20
"""Changes that are shown to a person; programs are told all."""


@click.command(
    epilog=examples(
        "cnngen breaking lenet5.cnn --against origin/main",
        "cnngen breaking net.cnn --against v1.2 -t torch --plan renames.json",
        "cnngen breaking new.cnn --against old.cnn --output-format json",
    )
)
@click.argument("file", shell_complete=completion.source_files)
@click.option(
    "--against",
    required=True,
    metavar="REF|FILE",
    help="What it was: a commit, branch or tag of git that has FILE, or another file.",
)
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.targets,
    help="Whose checkpoints; the project's targets, or torch and keras. Repeatable.",
)
@options.wanted
@click.option(
    "--plan",
    metavar="RENAMES.json",
    help="Write the likely renames of one target, for `cnngen weights convert --map`.",
)
@click.option("--force", is_flag=True, help="Overwrite the file of --plan.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing where nothing breaks.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    file: str,
    against: str,
    targets: tuple[str, ...],
    plan: str | None,
    force: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Say what a change of FILE does to checkpoints.

    Weights that were added, removed, renamed, or have another shape are reported, as the
    targets name them: a checkpoint with one of these is not loaded as it is. For Keras,
    whose own files go by class and place, so are layers in another order. What the network
    computes is not compared. No framework is needed. The exit code is 1 where a checkpoint
    does not fit any more.
    """
    need("numpy")
    shown = Shown(form, color)
    try:
        project = config.load()
        backends = options.configured_targets(targets, project) or options.backends(tuple(BUILT_IN))
        if plan is not None:
            _check_plan(file, plan, backends, force=force)
        now = _Version(file, files.read_source, options.of_project(wanted, project, file))
        new = now.networks(backends, shown, debug=debug)
        old = _earlier(now, against, wanted).networks(backends, shown, debug=debug)
        pairs, gone = _paired(old, new)
        found = _changes(pairs, [backend.name for backend in backends])
        if plan is not None:
            _check_pairs(pairs)
            renames = _write_plan(plan, found, backends[0].name)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    breaks = _breaks(found, gone, file)
    told = breaks[:MOST_SHOWN] if form == "full" else breaks
    code = console.show(told, form, color)
    if plan is not None and form not in console.FOR_PROGRAMS and not quiet:
        click.echo(one_line(f"{plan}: likely renames of {counted(renames, 'weight')}"), err=True)
    if form not in console.FOR_PROGRAMS and not (quiet and not breaks):
        _sum_up(breaks, pairs)
    sys.exit(code)


class _Version(NamedTuple):
    """A version of the file.

    Attributes:
        path: the file's.
        read: reads it, and what it uses, as they were or are.
        wanted: what of it is wanted.
        note: what is said of its mistakes.
        is_earlier: whether it may lack parameters that are set, which the file has now.
    """

    path: str
    read: Callable[[str], Source]
    wanted: Choice
    note: str = ""
    is_earlier: bool = False

    def networks(
        self, backends: Sequence[Backend], shown: Shown, *, debug: bool
    ) -> tuple[Network, ...]:
        """Its networks; where it has mistakes they are shown, and it ends here.

        Raises:
            DiagnosticError: it cannot be read.
        """
        source = self.read(self.path)
        load = files.loader(source, self.read)
        wanted = _known(self.wanted, source) if self.is_earlier else self.wanted
        result = analyse(source, wanted, backends, load=load, debug=debug)
        if not result.complete:
            shown.end(*(_noted(found, self.note) for found in result.diagnostics))
        return result.module.networks


def _earlier(now: _Version, against: str, wanted: Choice) -> _Version:
    """What it was: a version of git with the settings of its own project, or another file.

    Raises:
        DiagnosticError: the project of that version cannot be used.
    """
    if os.path.isfile(against) or against.startswith(SCHEME):
        return now._replace(path=against, is_earlier=True)
    read = partial(git.read_version, revision=against)
    note = f"this is how it was at {one_line(against)}"

    def data(path: str) -> bytes | None:
        return read(path).text.encode() if git.has_version(path, against) else None

    try:
        wanted = options.of_project(wanted, config.found_by(data), now.path)
    except DiagnosticError as error:
        raise DiagnosticError(_noted(error.diagnostic, note)) from error
    return _Version(now.path, read, wanted, note, is_earlier=True)


def _noted(found: Diagnostic, note: str) -> Diagnostic:
    return found._replace(notes=(*found.notes, note)) if note else found


def _known(wanted: Choice, source: Source) -> Choice:
    """What is wanted, without values for parameters that no network of the source has."""
    file, _ = parse(source)
    networks = [each for each in file.definitions if isinstance(each, ast.Network)]
    known = {parameter.name.name for network in networks for parameter in network.parameters}
    return wanted._replace(settings=tuple(s for s in wanted.settings if s.name.name in known))


def _paired(
    old: Sequence[Network], new: Sequence[Network]
) -> tuple[list[tuple[Network, Network]], list[Network]]:
    """Networks of both versions, and those that are gone; a file's only one may be renamed."""
    if len(old) == len(new) == 1:
        return [(old[0], new[0])], []
    now = {network.name: network for network in new}
    pairs = [(network, now[network.name]) for network in old if network.name in now]
    return pairs, [network for network in old if network.name not in now]


def _changes(
    pairs: Sequence[tuple[Network, Network]], targets: Sequence[str]
) -> list[tuple[Network, Change]]:
    from cnngen.weights import changes

    return [(new, change) for old, new in pairs for change in changes(old, new, targets)]


def _breaks(
    found: Sequence[tuple[Network, Change]], gone: Sequence[Network], file: str
) -> list[Diagnostic]:
    from cnngen.weights import network_gone, weights_changed

    lost = [network_gone(network, file) for network in gone]
    changed = [weights_changed(network, change) for network, change in found]
    return in_source_order([*lost, *changed])


def _sum_up(breaks: Sequence[Diagnostic], pairs: Sequence[tuple[Network, Network]]) -> None:
    if len(breaks) > MOST_SHOWN:
        click.echo(f"{len(breaks) - MOST_SHOWN:,} more; --output-format json has all", err=True)
    if breaks:
        counts = Counter(found.reason for found in breaks)
        said = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
        click.echo(f"checkpoints break: {said}", err=True)
    else:
        click.echo(f"{counted(len(pairs), 'network')}, checkpoints fit", err=True)


def _check_plan(file: str, plan: str, backends: Sequence[Backend], *, force: bool) -> None:
    """A usage error where a table cannot be for all of the targets.

    Raises:
        DiagnosticError: the table cannot be written there.
    """
    if len(backends) > 1:
        names = " or ".join(f"-t {backend.name}" for backend in backends)
        raise click.UsageError(f"--plan is a table for the checkpoints of one target: add {names}")
    check_output(file, plan, force=force)


def _check_pairs(pairs: Sequence[tuple[Network, Network]]) -> None:
    """A usage error where a table would be for several networks: their layers share names."""
    if len(pairs) > 1:
        names = listed(new.name for _, new in pairs)
        raise click.UsageError(
            one_line(f"--plan is a table for one network; choose with --network: {names}")
        )


def _write_plan(plan: str, found: Sequence[tuple[Network, Change]], target: str) -> int:
    """The table of likely renames, and of how many weights.

    Raises:
        DiagnosticError: it cannot be written.
    """
    from cnngen.weights import Kind

    names: dict[str, str] = {}
    for _, change in found:
        if change.kind is Kind.RENAMED:
            names |= {was.name: now.name for was, now in change.rows(target) if was and now}
    write_table(plan, names)
    return len(names)
