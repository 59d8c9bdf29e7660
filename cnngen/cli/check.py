"""``cnngen check``."""

from __future__ import annotations

import sys

import click

from cnngen.backends import BUILT_IN
from cnngen.cli import completion, config, console, examples, files, options
from cnngen.cli.sources import Shown
from cnngen.compiler import compile_source
from cnngen.diagnostics import Diagnostic, DiagnosticError, has_errors
from cnngen.diagnostics.render import counted
from cnngen.elaborate import Choice
from cnngen.passes.notes import notes as passes_notes


@click.command(
    epilog=examples(
        "cnngen check",
        "cnngen check lenet5.cnn",
        "cnngen check nets/ --output-format concise",
        "cnngen check resnet.cnn --notes --network ResNet50",
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
@click.option("-q", "--quiet", is_flag=True, help="Say nothing where nothing is wrong.")
@click.option("--notes", is_flag=True, help="Show the projections that are inserted.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    quiet: bool,
    notes: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Report what is wrong in .cnn files; write nothing.

    Where no FILE is given, those of `[tool.cnngen]` in pyproject.toml are checked; a
    FOLDER stands for all files in it.
    """
    try:
        project = config.load()
        paths = options.sources_or_configured(sources, project)
    except DiagnosticError as error:
        Shown(form, color).end(error.diagnostic)
    backends = options.configured_targets(targets, project) or options.backends(tuple(BUILT_IN))
    found: list[Diagnostic] = []
    for path in paths:
        try:
            source = files.read_source(path)
        except DiagnosticError as error:
            found.append(error.diagnostic)
            continue
        load = files.loader(source)
        choice = options.of_project(wanted, project, path)
        compiled = compile_source(source, backends, choice, load=load, debug=debug)
        result = compiled.accepting_blocks()
        found += result.diagnostics
        if notes and result.complete:
            found += [note for n in result.module.networks for note in passes_notes(n)]
    code = console.show(found, form, color)
    console.summary(found, form)
    if not has_errors(found) and not quiet and form == "full":
        warned = any(d.code.severity == "warning" for d in found)
        verdict = "no errors" if warned else "nothing wrong"
        click.echo(f"{counted(len(paths), 'file')}, {verdict}", err=True)
    sys.exit(code)
