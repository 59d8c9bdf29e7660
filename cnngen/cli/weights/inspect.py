"""``cnngen weights inspect``."""

from __future__ import annotations

import sys

import click

from cnngen.backends import backend
from cnngen.cli import FINDINGS, console, examples, options
from cnngen.cli.requirements import need
from cnngen.cli.sources import Shown
from cnngen.cli.weights.network import chosen, ending, form_of, read
from cnngen.diagnostics import DiagnosticError
from cnngen.elaborate import Choice


@click.command(
    epilog=examples(
        "cnngen weights inspect lenet5.cnn",
        "cnngen weights inspect resnet.cnn in.pth --network ResNet18",
        "cnngen weights inspect lenet5.cnn lenet5.keras --json",
    )
    + "\n\nExit codes: 0 fine; 1 weights that do not fit; 2 usage or files."
)
@click.argument("file")
@click.argument("weights", required=False)
@options.wanted
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    file: str,
    weights: str | None,
    as_json: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Show a network's weights, or whether those of a file fit.

    FILE is the source of the network, WEIGHTS a file that may hold its weights.
    """
    shown = Shown("json" if as_json else form, color)
    need("numpy", *(() if as_json else ("rich",)))
    of = [] if weights is None else [backend(ending(weights).target)]
    found = chosen(file, wanted, of, shown, debug=debug)
    if weights is None:
        from cnngen.cli.weights.overview import show_overview

        show_overview(found, shown, as_json=as_json)
        return
    from cnngen.cli.weights.comparison import show_comparison
    from cnngen.weights import fit

    try:
        reader = form_of(ending(weights))
        contents = read(reader, weights, found.network)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    held = fit(found.network, reader, contents)
    show_comparison(held, contents, as_json=as_json)
    sys.exit(FINDINGS if held.wrong else 0)
