"""``cnngen compile``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from cnngen.analysis.cost import parameter_count
from cnngen.backends.base import Backend
from cnngen.cli import console, examples, files, options
from cnngen.cli.stale import stale
from cnngen.compiler import Output, Result, compile_source, default_name
from cnngen.define import Defined
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line
from cnngen.elaborate import Choice
from cnngen.ir import Network
from cnngen.record import NamedTuple


class Job(NamedTuple):
    """One source, one target, one file; no path is standard output.

    ``folder`` is the one that ``-o`` names, made where missing.
    """

    source: str
    backend: Backend
    path: str | None
    folder: str = ""


class Delivery(NamedTuple):
    """What is done with outputs."""

    check: bool
    force: bool
    quiet: bool


@click.command(
    epilog=examples(
        "cnngen compile lenet5.cnn --target torch",
        "cnngen compile lenet5.cnn -t torch -t keras -o models/",
        "cnngen compile vgg.cnn -t keras --network VGG16 --set classes=10 -o -",
        "cnngen compile nets/*.cnn -t torch -o models/ --check",
    )
)
@options.sources
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    required=True,
    metavar="NAME",
    help="torch, keras, or what a plug-in adds. Repeatable.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="The file to write; a folder, for the default names in it; - for standard output.",
)
@options.wanted
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is stale.")
@click.option("--force", is_flag=True, help="Overwrite a file that cnngen did not make.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was written.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    output: str | None,
    check: bool,
    force: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Compile .cnn files to source code.

    Each FILE becomes one module for each target, `<file>_<target>.py` in the current folder
    unless -o says otherwise. `-` reads standard input.
    """
    jobs = _plan(sources, options.backends(targets), output)
    if check and jobs[0].path is None:
        raise click.UsageError("--check needs files to compare with, not standard output")
    # For programs, nothing but the diagnostics, so that they can read them.
    quiet = quiet or form in console.FOR_PROGRAMS
    delivery = Delivery(check=check, force=force, quiet=quiet)
    found: list[Diagnostic] = []
    for source in dict.fromkeys(job.source for job in jobs):
        mine = [job for job in jobs if job.source == source]
        found += _compile(source, mine, wanted, delivery, debug=debug)
    code = console.show(found, form, color, product=output == files.STANDARD)
    console.summary(found, form)
    sys.exit(code)


def _plan(sources: Sequence[str], backends: list[Backend], output: str | None) -> list[Job]:
    """Which file each source and target goes to; a usage error where two go to one."""
    sources = list(dict.fromkeys(sources))
    count = len(sources) * len(backends)
    if output == "":
        raise click.UsageError("-o needs a file or a folder")
    if output is None or (output != files.STANDARD and _is_folder(output)):
        if files.STANDARD in sources:
            raise click.UsageError(
                "what comes from standard input has no name: give a file, or `-o -`"
            )
        return _named(sources, backends, output or "")
    if count > 1:
        raise click.UsageError(
            f"{count} modules cannot all go to '{output}': give a folder, with a / at its end"
        )
    end = backends[0].suffix
    if not output.endswith(end) and output != files.STANDARD and not os.path.exists(output):
        raise click.UsageError(
            f"'{output}' is no folder and has no ending {end}: write '{output}/' for a new folder"
        )
    path = None if output == files.STANDARD else output
    return _distinct([Job(sources[0], backends[0], path)])


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or os.path.isdir(output)


def _named(sources: Sequence[str], backends: Sequence[Backend], folder: str) -> list[Job]:
    """Jobs that write files of the default names in ``folder``."""
    return _distinct(
        [
            Job(source, to, os.path.join(folder, default_name(source, to.name, to.suffix)), folder)
            for source in sources
            for to in backends
        ]
    )


def _distinct(jobs: list[Job]) -> list[Job]:
    """The jobs, if no two write one file and none writes a source."""
    taken = {os.path.realpath(job.source): f"the source {job.source}" for job in jobs}
    for job in jobs:
        if job.path is None:
            continue
        real = os.path.realpath(job.path)
        if real in taken:
            raise click.UsageError(one_line(f"'{job.path}' would overwrite {taken[real]}"))
        taken[real] = f"the module of {job.source}"
    return jobs


def _compile(
    source: str, jobs: list[Job], wanted: Choice, delivery: Delivery, *, debug: bool
) -> list[Diagnostic]:
    """One source to all its targets."""
    backends = [job.backend for job in jobs]
    try:
        text = files.read_source(source)
        load = files.loader(text)
        result = compile_source(text, backends, wanted, load=load, debug=debug)
    except DiagnosticError as error:
        return [error.diagnostic]
    found = list(result.diagnostics)
    for output, job in zip(result.outputs, jobs, strict=False):
        try:
            found += _deliver(result, output, job, delivery)
        except DiagnosticError as error:
            found.append(error.diagnostic)
    return found


def _deliver(result: Result, output: Output, job: Job, delivery: Delivery) -> list[Diagnostic]:
    """Write an output, or see whether it is there already."""
    if job.path is None:
        files.write_standard_output(output.content)
    elif delivery.check:
        return stale(output, job.path)
    else:
        if job.folder:
            _make_folder(job.folder)
        written = files.write_output(job.path, output.content, force=delivery.force)
        if not delivery.quiet:
            note = "" if written else ", unchanged"
            click.echo(one_line(f"{job.path}: {_contents(result)}{note}"), err=True)
    return []


def _make_folder(folder: str) -> None:
    """The folder that ``-o folder/`` names."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DiagnosticError(
            Diagnostic(codes.OUTPUT_UNWRITABLE, f"{reason}: {folder}", path=folder)
        ) from error


def _contents(result: Result) -> str:
    networks = result.module.networks
    if len(networks) == 1:
        head = _head(networks[0], result.defined)
        return f"{head}, {parameter_count(networks[0]):,} parameters"
    heads = ", ".join(_head(network, result.defined) for network in networks)
    return f"{len(networks)} networks: {heads}"


def _head(network: Network, defined: Defined) -> str:
    """How the network is called: which parameters have stayed shows here."""
    open_ = {parameter.name for parameter in defined.networks[network.name].parameters}
    parameters = ", ".join(name for name in network.parameters if name in open_)
    return f"{network.name}({parameters})" if parameters else network.name
