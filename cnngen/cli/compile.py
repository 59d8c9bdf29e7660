"""``cnngen compile``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from cnngen.backends.base import Backend, parameter_count
from cnngen.cli import console, files, options
from cnngen.compiler import (
    Output,
    Result,
    compile_source,
    default_name,
    is_generated,
    source_digest,
    was_edited,
)
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.elaborate import Choice


class Job(NamedTuple):
    """One source, one target, one file; no path is standard output."""

    source: str
    backend: Backend
    path: str | None


@click.command()
@options.sources
@click.option("-t", "--target", "targets", multiple=True, required=True, metavar="NAME",
              help="torch, keras, or what a plug-in adds. Repeatable.")  # fmt: skip
@click.option("-o", "--output", metavar="PATH",
              help="The file to write; a folder, for the default names in it; - for standard output.")  # fmt: skip
@options.network
@options.settings
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is stale.")
@click.option("--force", is_flag=True, help="Overwrite a file that cnngen did not make.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was written.")
@options.max_steps
@console.output_format
@console.color
@console.debug
def command(
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    output: str | None,
    network: str | None,
    settings: tuple[str, ...],
    check: bool,
    force: bool,
    quiet: bool,
    max_steps: int,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Compile .cnn files to source code.

    Each FILE becomes one module for each target, `<file>_<target>.py` in the current folder
    unless -o says otherwise. `-` reads standard input.

    \b
    Examples:
      cnngen compile lenet5.cnn --target torch
      cnngen compile lenet5.cnn -t torch -t keras -o models/
      cnngen compile vgg.cnn -t keras --network VGG16 --set classes=10 -o -
      cnngen compile nets/*.cnn -t torch -o models/ --check
    """
    jobs = _plan(sources, options.backends(targets), output)
    wanted = options.choice(network, settings, max_steps)
    found: list[Diagnostic] = []
    for source in dict.fromkeys(job.source for job in jobs):
        mine = [job for job in jobs if job.source == source]
        try:
            result = _compile(source, mine, wanted, debug)
            found += result.diagnostics
            found += _deliver(result, mine, check=check, force=force, quiet=quiet)
        except DiagnosticError as error:
            found.append(error.diagnostic)
    code = console.show(found, form, color) if found or form == "json" else 0
    console.summary(found, form)
    sys.exit(code)


def _plan(sources: Sequence[str], backends: list[Backend], output: str | None) -> list[Job]:
    """Which file each source and target goes to; a usage error where two go to one."""
    sources = list(dict.fromkeys(sources))
    several = len(sources) * len(backends) > 1
    folder = ""
    if output is not None:
        is_folder = output.endswith(("/", os.sep)) or os.path.isdir(output)
        if several and not is_folder:
            raise click.UsageError(
                f"{len(sources) * len(backends)} modules cannot all go to '{output}': give a "
                "folder, with a / at its end"
            )
        if not is_folder:
            path = None if output == files.STANDARD else output
            return _distinct([Job(sources[0], backends[0], path)])
        folder = output
    elif files.STANDARD in sources:
        raise click.UsageError("what comes from standard input needs -o, for example `-o -`")
    jobs = [
        Job(s, b, os.path.join(folder, default_name(s, b.name))) for s in sources for b in backends
    ]
    return _distinct(jobs)


def _distinct(jobs: list[Job]) -> list[Job]:
    """The jobs, if no two write one file and none writes a source."""
    taken = {os.path.realpath(job.source): f"the source {job.source}" for job in jobs}
    for job in jobs:
        if job.path is None:
            continue
        real = os.path.realpath(job.path)
        if real in taken:
            raise click.UsageError(f"'{job.path}' would overwrite {taken[real]}")
        taken[real] = f"the module of {job.source}"
    return jobs


def _compile(source: str, jobs: list[Job], wanted: Choice, debug: bool) -> Result:
    backends = [job.backend for job in jobs]
    return compile_source(files.read_source(source), backends, wanted, debug=debug)


def _deliver(
    result: Result, jobs: list[Job], *, check: bool, force: bool, quiet: bool
) -> list[Diagnostic]:
    """Write each output, or see whether it is there already."""
    found = []
    for output, job in zip(result.outputs, jobs, strict=False):
        try:
            if check:
                found += _stale(output, job)
            elif job.path is None:
                click.echo(output.text, nl=False)
            else:
                _write(result, output, job.path, force, quiet)
        except DiagnosticError as error:
            found.append(error.diagnostic)
    return found


def _write(result: Result, output: Output, path: str, force: bool, quiet: bool) -> None:
    folder, name = os.path.split(path)
    if folder and name == output.name:
        _make_folder(folder)
    written = files.write_output(path, output.text, force=force)
    if not quiet:
        note = "" if written else ", unchanged"
        click.echo(f"{path}: {_contents(result)}{note}", err=True)


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
    assert result.module is not None
    networks = result.module.networks
    if len(networks) == 1:
        return f"{networks[0].name}, {parameter_count(networks[0]):,} parameters"
    return f"{len(networks)} networks: {', '.join(network.name for network in networks)}"


def _stale(output: Output, job: Job) -> list[Diagnostic]:
    """Whether the file there is the one that would be written, and if not, what has changed."""
    if job.path is None:
        raise click.UsageError("--check needs files to compare with, not standard output")
    text = files.read_output(job.path)
    if text == output.text:
        return []
    if text is None:
        why = "it is missing"
    elif not is_generated(text):
        why = "it was not made by cnngen"
    elif was_edited(text):
        why = "it was edited by hand"
    elif source_digest(text) != source_digest(output.text):
        why = "its source has changed"
    else:
        why = "this version of cnngen writes it differently"
    command = f"cnngen compile {job.source} --target {output.target}"
    return [Diagnostic(codes.OUTPUT_STALE, f"{job.path} is stale: {why}", path=job.path,
                       hint=f"make it anew with `{command} -o {job.path}`")]  # fmt: skip
