"""``cnngen check``."""

from __future__ import annotations

import sys

import click

from cnngen.backends import BUILT_IN
from cnngen.cli import console, examples, files, options
from cnngen.compiler import check_source
from cnngen.diagnostics import Diagnostic, DiagnosticError
from cnngen.diagnostics.render import counted


@click.command(
    epilog=examples(
        "cnngen check lenet5.cnn",
        "cnngen check nets/*.cnn --output-format concise",
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
    help="Targets that must be able to express the networks; torch and keras if none is given. "
    "Repeatable.",
)
@options.network
@options.settings
@click.option("-q", "--quiet", is_flag=True, help="Say nothing where nothing is wrong.")
@options.max_steps
@console.output_format
@console.color
@console.debug
def command(
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    network: str | None,
    settings: tuple[str, ...],
    quiet: bool,
    max_steps: int,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Report what is wrong in .cnn files; write nothing."""
    backends = options.backends(targets or tuple(BUILT_IN))
    wanted = options.choice(network, settings, max_steps)
    found: list[Diagnostic] = []
    sources = tuple(dict.fromkeys(sources))
    for source in sources:
        try:
            found += check_source(files.read_source(source), backends, wanted, debug=debug)
        except DiagnosticError as error:
            found.append(error.diagnostic)
    code = console.show(found, form, color, json_to="out")
    console.summary(found, form)
    if not found and not quiet and form == "full":
        click.echo(f"{counted(len(sources), 'file')}, nothing wrong", err=True)
    sys.exit(code)
