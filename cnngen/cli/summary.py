"""``cnngen summary``: a network's layers with their shapes and what they cost."""

from __future__ import annotations

import sys

import click

from cnngen.analysis.render import FORMS, Shown
from cnngen.analysis.summary import summary
from cnngen.cli import console, examples, files, options
from cnngen.compiler import analyse
from cnngen.diagnostics import Diagnostic, DiagnosticError
from cnngen.elaborate import Choice
from cnngen.passes import run_passes

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
@click.option(
    "--batch",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="The inputs that the memory is worked out for.",
)
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
    """
    found: list[Diagnostic] = []
    shown: list[Shown] = []
    for path in dict.fromkeys(sources):
        try:
            source = files.read_source(path)
        except DiagnosticError as error:
            found.append(error.diagnostic)
            continue
        result = analyse(source, wanted, load=files.loader(source), debug=debug)
        found += result.diagnostics
        whole = [(network, True) for network in result.module.networks]
        parts = [(run_passes(network), False) for network in result.reached]
        in_order = sorted((*whole, *parts), key=lambda each: each[0].span.start)
        shown += [Shown(summary(each), complete, batch, depth) for each, complete in in_order]
    click.echo(FORMS[form or "table"](shown), nl=False)
    code = console.show(found, diagnostics_form, color, product=True)
    console.summary(found, diagnostics_form)
    sys.exit(code)
