"""``cnngen summary``: a network's layers with their shapes and what they cost."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from cnngen import files
from cnngen.analysis.render import FORMS
from cnngen.analysis.render import Shown as Figures
from cnngen.analysis.summary import summary
from cnngen.choice import Choice
from cnngen.cli import config, console, examples, options
from cnngen.cli.sources import Shown
from cnngen.diagnostics import Diagnostic, DiagnosticError
from cnngen.passes import run_passes
from cnngen.reading import accepting_blocks, read, told

MOST_LEVELS = 1_000


@click.command(
    epilog=examples(
        "cnngen summary lenet5.cnn",
        "cnngen summary zoo:resnet --network ResNet50 --depth 2",
        "cnngen summary vgg.cnn --network VGG16 --set classes=10 --batch 32",
        "cnngen summary nets/*.cnn --json | jq '.[] | [.name, .parameters]'",
    )
)
@options.sources
@options.wanted
@click.option(
    "--depth",
    type=click.IntRange(1, MOST_LEVELS),
    default=MOST_LEVELS,
    metavar="N",
    help="Levels of groups and blocks that are shown; all if not given.",
)
@options.batch
@click.option("--json", "form", flag_value="json", help="A JSON list, for programs.")
@click.option("--csv", "form", flag_value="csv", help="A row for each layer, comma-separated.")
@click.option("--markdown", "form", flag_value="markdown", help="Tables for documents.")
@console.output_format_of("diagnostics_form")
@console.color
@console.debug
def command(
    wanted: Choice,
    sources: tuple[str, ...],
    depth: int,
    batch: int,
    form: str | None,
    diagnostics_form: str,
    color: str,
    debug: bool,
) -> None:
    """Show each layer's shape, parameters, cost and memory.

    Needs no framework. MACs are multiply-accumulates for one input: products with a
    weight count; biases, norms, activations and pooling do not. FLOPs are two for
    each. A receptive field is how much of the input a value sees. Memory is what a
    layer gives, in float32. Where a network has a mistake, the table goes up to it.
    Where no FILE is given, those of `[tool.cnngen]` in pyproject.toml are meant.
    """
    try:
        project = config.load()
        paths = options.sources_or_configured(sources, project)
    except DiagnosticError as error:
        Shown(diagnostics_form, color, product=True).end(error.diagnostic)
    found: list[Diagnostic] = []
    figures: list[Figures] = []
    for path in paths:
        try:
            source = files.read_source(path)
        except DiagnosticError as error:
            found.append(error.diagnostic)
            continue
        choice = options.of_project(wanted, project, path)
        reading = read(source, choice, load=files.loader(source), debug=debug)
        diagnostics = told(reading.diagnostics)
        found += accepting_blocks(reading.file, diagnostics)
        if _is_of_settings(diagnostics, choice):
            continue
        whole = [(network, True) for network in reading.module.networks]
        parts = [(run_passes(network), False) for network in reading.reached]
        in_order = sorted((*whole, *parts), key=lambda each: each[0].span.start)
        figures += [Figures(summary(each), complete, batch, depth) for each, complete in in_order]
    if not figures and not found:
        raise click.UsageError("there are only blocks: a summary is of networks")
    click.echo(FORMS[form or "table"](figures), nl=False)
    code = console.show(found, diagnostics_form, color, product=True)
    console.summary(found, diagnostics_form)
    sys.exit(code)


def _is_of_settings(found: Sequence[Diagnostic], choice: Choice) -> bool:
    """Whether a mistake is in what was set: figures of other settings would look right."""
    given = {argument.span.source for argument in choice.settings}
    return any(d.code.severity == "error" and d.span and d.span.source in given for d in found)
