"""``cnngen compile``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from cnngen import files
from cnngen.analysis.cost import parameter_count
from cnngen.backends.base import Backend, is_weighted
from cnngen.choice import Choice
from cnngen.cli import completion, config, console, examples, options
from cnngen.cli.plan import Job, plan
from cnngen.cli.requirements import need
from cnngen.cli.sources import Shown
from cnngen.cli.stale import ORPHANED, orphans, why
from cnngen.compiler import Output, Result, compile_source
from cnngen.define import Defined
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes, listed
from cnngen.diagnostics.render import one_line
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.source import Source

if TYPE_CHECKING:
    from cnngen.compiler import ReadWeights


class Delivery(NamedTuple):
    """What is done with outputs."""

    check: bool
    diff: bool
    force: bool
    quiet: bool
    unchanged: bool
    """Whether files that stay as they are are named too."""
    weights: str | None = None
    """The file of the weights that outputs hold, where they do."""

    @property
    def writes(self) -> bool:
        """Whether files are written at all."""
        return not (self.check or self.diff)


class Run(NamedTuple):
    """All that one run is to do.

    Attributes:
        jobs: the files, in order.
        project: what the project says.
        wanted: what the command line says of every source.
        delivery: what is done with outputs.
        whole_project: whether the project says all: sources, targets and folders.
        whole_folders: whether sources were given as folders, so that all of these are here.
    """

    jobs: Sequence[Job]
    project: config.Config
    wanted: Choice
    delivery: Delivery
    whole_project: bool
    whole_folders: bool

    @property
    def sources(self) -> list[str]:
        """Each source once."""
        return list(dict.fromkeys(job.source for job in self.jobs))


@click.command(
    epilog=examples(
        "cnngen compile lenet5.cnn --target torch",
        "cnngen compile lenet5.cnn -t torch -t keras -o models/",
        "cnngen compile vgg.cnn -t keras --network VGG16 --set classes=10 -o -",
        "cnngen compile resnet.cnn -t torch --for inference",
        "cnngen compile nets/ -t torch -o models/ --check",
        "cnngen compile lenet5.cnn -t onnx --weights lenet5.safetensors",
        "cnngen compile --diff",
        "cnngen compile --watch",
    )
)
@options.sources
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    shell_complete=completion.targets,
    help="torch, keras, onnx, or what a plug-in adds. Repeatable.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="The file to write; a folder, for the default names in it; - for standard output.",
)
@options.wanted
@click.option(
    "--weights",
    metavar="FILE",
    help="The weights that the file gets, for targets whose files hold weights, as onnx.",
)
@options.form_option(
    "What outputs are for: inference has a faster form. Code is for training if this is not given, "
    "files with weights, as onnx, are for inference.",
    default=None,
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is stale.")
@click.option("--diff", is_flag=True, help="As --check, and show what would change in files.")
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite files that were edited by hand or not made by cnngen.",
)
@click.option("--watch", is_flag=True, help="Do it again whenever a source changes.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was written.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    output: str | None,
    weights: str | None,
    check: bool,
    diff: bool,
    force: bool,
    watch: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Compile .cnn files to source code.

    Each FILE, and each file in a FOLDER, becomes one module for each target,
    `<file>_<target>.py` in the current folder unless -o says otherwise. `-` reads
    standard input. What is not given is what `[tool.cnngen]` in pyproject.toml says.
    """
    # For programs, nothing but the diagnostics, so that they can read them.
    quiet = quiet or form in console.FOR_PROGRAMS
    delivery = Delivery(check, diff, force, quiet, not watch, weights)

    def turn(read: Callable[[str], Source] = files.read_source) -> int:
        run = _planned(sources, targets, output, wanted, delivery)
        found = _run(run, read, debug=debug)
        code = console.show(found, form, color, product=output == files.STANDARD or diff)
        console.summary(found, form)
        return code

    try:
        if watch:
            _watch(sources, turn, Shown(form, color), writes=delivery.writes)
        sys.exit(turn())
    except DiagnosticError as error:
        Shown(form, color).end(error.diagnostic)


def _watch(
    sources: tuple[str, ...],
    turn: Callable[[Callable[[str], Source]], int],
    shown: Shown,
    *,
    writes: bool,
) -> NoReturn:
    """Take turns; what is wrong with the configuration is shown, and it goes on."""
    from cnngen.cli import watch

    if files.STANDARD in sources:
        raise click.UsageError("--watch needs files: standard input does not change")
    if not writes:
        raise click.UsageError("--watch writes what has changed; --check and --diff write nothing")

    def guarded(read: Callable[[str], Source]) -> None:
        try:
            turn(read)
        except DiagnosticError as error:
            shown.show([error.diagnostic])

    def listing() -> object:
        try:
            project = config.load()
            return project, options.sources_or_configured(sources, project)
        except (DiagnosticError, click.UsageError) as error:
            return str(error)

    watch.repeat(guarded, listing)


def _run(run: Run, read: Callable[[str], Source], *, debug: bool) -> list[Diagnostic]:
    """Everything that a run is to do; what is wrong."""
    found: list[Diagnostic] = []
    blocks: set[str] = set()
    for source in run.sources:
        more, has_network = _compile(run, source, read, debug=debug)
        found += more
        if not has_network:
            blocks.add(source)
    if not run.delivery.writes:
        found += _orphans(run, blocks)
    return found


def _planned(
    given: tuple[str, ...],
    targets: tuple[str, ...],
    output: str | None,
    wanted: Choice,
    delivery: Delivery,
) -> Run:
    """What the command line and the project ask for; usage errors where they cannot mean it.

    Raises:
        DiagnosticError: the project's configuration cannot be used.
    """
    project = config.load()
    sources = options.sources_or_configured(given, project)
    backends = options.configured_targets(targets, project)
    if not backends:
        raise click.UsageError(f"missing option '--target'; {options.TARGET_HINT}")
    _check_weighted(backends, sources, delivery.weights)
    jobs = plan(sources, backends, output, project.folder, for_inference=wanted.for_inference)
    if not delivery.writes and jobs[0].path is None:
        option = "--check" if delivery.check else "--diff"
        raise click.UsageError(f"{option} needs files to compare with, not standard output")
    is_whole = not given and not targets and output is None and wanted.network is None
    folders = bool(given) and all(os.path.isdir(path) for path in given)
    return Run(jobs, project, wanted, delivery, is_whole, folders)


def _check_weighted(backends: Sequence[Backend], sources: list[str], weights: str | None) -> None:
    """A usage error where ``--weights`` has no meaning; packages that weights need are there."""
    others = [backend.name for backend in backends if not is_weighted(backend)]
    if weights is not None and others:
        raise click.UsageError(
            f"--weights is for targets whose files hold weights, which {listed(others)} has not: "
            "`cnngen weights convert` makes files for it"
        )
    if weights is not None and len(sources) != 1:
        raise click.UsageError("--weights are those of one network: give one file")
    for backend in backends:
        if is_weighted(backend):
            need(*backend.packages, extras=[backend.name])


def _compile(
    run: Run, path: str, read: Callable[[str], Source], *, debug: bool
) -> tuple[list[Diagnostic], bool]:
    """One source to all its targets; with what is wrong, whether it has any network.

    A file of blocks alone is nothing to compile: beside other files it is left out.
    """
    jobs = [job for job in run.jobs if job.source == path]
    wanted = options.of_project(run.wanted, run.project, path)
    try:
        source = read(path)
        load = files.loader(source, read)
        backends = [job.backend for job in jobs]
        weights = _weights(run.delivery.weights)
        result = compile_source(source, backends, wanted, load=load, debug=debug, weights=weights)
    except DiagnosticError as error:
        return [error.diagnostic], True
    if len(run.sources) > 1:
        result = result.accepting_blocks()
    found = list(result.diagnostics)
    for output, job in zip(result.outputs, jobs, strict=False):
        try:
            found += _deliver(result, output, job, run.delivery)
        except DiagnosticError as error:
            found.append(error.diagnostic)
    return found, bool(result.module.networks) or not result.complete


def _weights(path: str | None) -> ReadWeights | None:
    """What reads the weights of a network from the file, if one is given."""
    if path is None:
        return None
    from cnngen.cli.weights.given import weights_of

    return weights_of(path)


def _deliver(result: Result, output: Output, job: Job, delivery: Delivery) -> list[Diagnostic]:
    """Write an output, or see whether it is there already."""
    if job.path is None:
        files.write_standard_output(output.content)
        return []
    if delivery.writes:
        _make_folder(job.folder)
    special = delivery.writes and files.is_special(job.path)  # which is written, never read
    earlier = None if special else files.read_output(job.path, len(output.content))
    reason = why(earlier, output.content, job.backend)
    if delivery.diff and reason is not None:
        from cnngen.cli.difference import unified

        files.write_standard_output(unified(job.path, earlier, output.content))
    if not delivery.writes or (reason is not None and reason.is_kept and not delivery.force):
        return [] if reason is None else [reason.diagnostic(job.path)]
    if reason is not None:
        files.write_output(job.path, output.content)
    if not delivery.quiet and (reason or delivery.unchanged):
        note = "" if reason else ", unchanged"
        click.echo(one_line(f"{job.path}: {_contents(output, result.defined)}{note}"), err=True)
    return []


def _orphans(run: Run, blocks: set[str]) -> list[Diagnostic]:
    """Generated files beside those of the run that no source gives, as far as it can know.

    It knows where the project says everything, or where its sources are all of some folders. Then
    other runs may write into the same folders, from other sources of the project.
    """
    if not (run.whole_project or run.whole_folders):
        return []
    jobs = [job for job in run.jobs if job.source not in blocks]
    given = [path for job in jobs for path in (job.path, job.other(run.wanted.for_inference))]
    folders = {os.path.dirname(job.path or "") for job in run.jobs}
    found = list(orphans(folders, {os.path.realpath(path or "") for path in given}))
    # The project is walked through only where there is something that may be another run's.
    others = set() if run.whole_project or not found else _names(run, blocks)
    return [ORPHANED.diagnostic(path) for path, origin in found if origin not in others]


def _names(run: Run, blocks: set[str]) -> set[str]:
    """Names of all sources of the run and of its project that may give files."""
    no_network = {os.path.realpath(path) for path in blocks}
    below = files.sources_below(files.project(os.curdir))
    paths = [path for path in (*run.sources, *below) if os.path.realpath(path) not in no_network]
    return {os.path.basename(path) for path in paths}


def _make_folder(folder: str) -> None:
    """The folder that `-o folder/` or the project names, if any."""
    if not folder:
        return
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DiagnosticError(
            Diagnostic(codes.OUTPUT_UNWRITABLE, f"{reason}: {folder}", path=folder)
        ) from error


def _contents(output: Output, defined: Defined) -> str:
    networks = output.networks
    if len(networks) == 1:
        head = _head(networks[0], defined)
        return f"{head}, {parameter_count(networks[0]):,} parameters"
    heads = ", ".join(_head(network, defined) for network in networks)
    return f"{len(networks)} networks: {heads}"


def _head(network: Network, defined: Defined) -> str:
    """How the network is called: which parameters have stayed shows here."""
    open_ = {parameter.name for parameter in defined.networks[network.name].parameters}
    parameters = ", ".join(name for name in network.parameters if name in open_)
    return f"{network.name}({parameters})" if parameters else network.name
