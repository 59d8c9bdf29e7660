"""``cnngen check``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from cnngen import files
from cnngen.backends import BUILT_IN
from cnngen.backends.base import Backend
from cnngen.choice import Choice
from cnngen.cli import FINDINGS, completion, config, console, examples, options
from cnngen.cli.config import Config
from cnngen.cli.sources import Shown
from cnngen.compiler import Result, check_source, written
from cnngen.diagnostics import Diagnostic, DiagnosticError, has_errors, in_source_order
from cnngen.diagnostics.codes import begins_warning
from cnngen.diagnostics.few import few_of_each
from cnngen.diagnostics.render import counted, one_line
from cnngen.lint import SAFE, UNSAFE, Selection, lint
from cnngen.record import NamedTuple
from cnngen.source import SCHEME, Source


class How(NamedTuple):
    """What is asked for of each source."""

    backends: Sequence[Backend]
    wanted: Choice
    project: Config
    selection: Selection
    unsafe: bool
    notes: bool
    debug: bool


def _codes(_: click.Context, option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Codes, or how they begin, from all values of an option."""
    found = tuple(code.strip().upper() for each in given for code in each.split(","))
    for code in found:
        if not begins_warning(code):
            raise click.BadParameter(
                f"no warning or note begins with '{code}'; `cnngen explain` lists them all"
            )
    return found


def _selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which warnings are wanted."""
    select = click.option(
        "--select",
        multiple=True,
        metavar="CODES",
        callback=_codes,
        help="Only these warnings and notes: codes, or how they begin, as in `W105,W11`.",
    )
    ignore = click.option(
        "--ignore",
        multiple=True,
        metavar="CODES",
        callback=_codes,
        help="All but these; `# cnn: ignore[W105]` at a line's end is for that line.",
    )
    return select(ignore(command))


@click.command(
    epilog=examples(
        "cnngen check",
        "cnngen check lenet5.cnn",
        "cnngen check nets/ --output-format concise",
        "cnngen check nets/ --strict --ignore W113",
        "cnngen check lenet5.cnn --fix",
        "cnngen check lenet5.cnn --diff --unsafe-fixes",
        "cnngen check resnet.cnn --notes --network ResNet50",
        "cnngen check resnet.cnn --notes --for inference",
        "cnngen check vgg.cnn --target torch --set depths=[1,1,1,1,1] --network VGG",
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
    help="Targets that must be able to express the networks; torch and keras if none is given. "
    "Repeatable.",
)
@options.wanted
@options.form_option("With inference and --notes, what that form changes is shown.")
@_selection
@click.option("--strict", is_flag=True, help="Exit 1 where there is a warning, too.")
@click.option(
    "--fix",
    "fixes",
    is_flag=True,
    help="Write what leaves the networks, and the names of their weights, as they are; of "
    "errors, the lines of other tools as they are written here.",
)
@click.option(
    "--unsafe-fixes",
    "unsafe",
    is_flag=True,
    help="With --fix or --diff, what changes the networks too, as the hints say.",
)
@click.option("--diff", is_flag=True, help="Print what --fix would change; write nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing where nothing is wrong.")
@click.option(
    "--notes",
    is_flag=True,
    help="Show the projections that are inserted, and words that mean something else elsewhere.",
)
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    strict: bool,
    fixes: bool,
    unsafe: bool,
    diff: bool,
    quiet: bool,
    notes: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Report what is wrong in .cnn files, and what is seldom meant.

    Where no FILE is given, those of `[tool.cnngen]` in pyproject.toml are checked; a
    FOLDER stands for all files in it. Warnings are about what compiles: `cnngen explain
    W105` says what one means. Exit code 1 where there is an error, with --strict a
    warning, or with --diff something to fix.
    """
    if unsafe and not (fixes or diff):
        raise click.UsageError("--unsafe-fixes goes with --fix, or with --diff, which shows them")
    try:
        project = config.load()
        paths = options.sources_or_configured(sources, project)
    except DiagnosticError as error:
        Shown(form, color).end(error.diagnostic)
    backends = options.configured_targets(targets, project) or options.backends(tuple(BUILT_IN))
    selection = Selection(select or project.lint.select, ignore or project.lint.ignore)
    how = How(backends, wanted, project, selection, unsafe, notes, debug)
    if fixes and not diff:
        _refuse_unwritable(paths)
    found: list[Diagnostic] = []
    changes = 0
    for path in paths:
        try:
            source = files.read_source(path)
            if fixes or diff:
                source, count = _fix(source, path, how, writes=not diff)
                changes += count
            found += _check(source, path, how)
        except DiagnosticError as error:
            found.append(error.diagnostic)
    shown = few_of_each(found) if form == "full" else found
    code = console.show(shown, form, color, product=diff)
    console.summary(found, form)
    if form == "full" and not quiet:
        _conclude(found, len(paths), changes, writes=not diff)
        if (fixes or diff) and has_errors(found):
            click.echo("no warning is fixed in a file with errors", err=True)
    warned = strict and any(d.code.severity == "warning" for d in found)
    sys.exit(code or (FINDINGS if warned or (diff and changes) else 0))


def _check(source: Source, path: str, how: How) -> list[Diagnostic]:
    """What is to be said of the source at a path."""
    load = files.loader(source)
    wanted = options.of_project(how.wanted, how.project, path)
    trained = wanted._replace(for_inference=False)
    checked = check_source(source, how.backends, trained, load=load, debug=how.debug)
    result = checked.accepting_blocks()
    found = lint(result, how.selection, whole=wanted.is_whole)
    found = [d for d in found if how.notes or d.code.severity != "note"]
    if how.notes and result.complete and wanted.for_inference:
        found += _inference_notes(result, wanted)
    return found


def _inference_notes(result: Result, wanted: Choice) -> list[Diagnostic]:
    """What the form for inference changes."""
    from cnngen.analysis.inference import inference_notes

    inference = written(result, (), wanted)
    assert inference.defined.inference is not None
    plan = inference.defined.inference.plan
    networks = result.module.networks
    return in_source_order(note for network in networks for note in inference_notes(network, plan))


def _fix(source: Source, path: str, how: How, *, writes: bool) -> tuple[Source, int]:
    """The source with fixes made, and how many; what would change is printed where not written.

    Raises:
        DiagnosticError: it cannot be written.
    """
    from cnngen.lint.fixing import fixed

    wanted = options.of_project(how.wanted, how.project, path)
    load = files.loader(source)
    made, count = fixed(source, wanted, load, how.selection, unsafe=how.unsafe)
    if not count:
        return source, 0
    if not writes:
        from cnngen.cli.difference import unified

        click.echo(unified(source.path, source.text.encode("utf-8"), made.text), nl=False)
        return source, count
    files.write_output(source.path, made.text)
    return made, count


def _refuse_unwritable(sources: Sequence[str]) -> None:
    for path in sources:
        if path == files.STANDARD or path.startswith(SCHEME) or files.is_special(path):
            raise click.UsageError(
                one_line(f"--fix changes files in place, which '{path}' is not; --diff shows it")
            )


def _conclude(found: Sequence[Diagnostic], count: int, changes: int, *, writes: bool) -> None:
    """Say how it went, and what may be fixed; errors have a summary of their own."""
    if changes:
        did = "fixed" if writes else "would be fixed"
        click.echo(f"{changes:,} {did}", err=True)
    if has_errors(found):
        mended = sum(d.fix is not None and d.fix.translates for d in found)
        if mended:
            click.echo(f"`--fix` may mend {mended:,}", err=True)
    else:
        warnings = sum(d.code.severity == "warning" for d in found)
        verdict = f"no errors, {counted(warnings, 'warning')}" if warnings else "nothing wrong"
        click.echo(f"{counted(count, 'file')}, {verdict}{_fixable(found)}", err=True)


def _fixable(found: Sequence[Diagnostic]) -> str:
    """What `--fix` may do about it."""
    safe, unsafe = (sum(d.code in of and d.fix is not None for d in found) for of in (SAFE, UNSAFE))
    if unsafe and not safe:
        return f"; `--fix --unsafe-fixes` may mend {unsafe:,}"
    more = f", with `--unsafe-fixes` {safe + unsafe:,}" if unsafe else ""
    return f"; `--fix` may mend {safe:,}{more}" if safe else ""
