"""``cnngen weights inspect``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.cli import FINDINGS, completion, console, examples, options
from cnngen.cli.requirements import need
from cnngen.cli.sources import Shown
from cnngen.cli.weights.network import Chosen, chosen, ending_to_read, installed, read
from cnngen.cli.weights.taking import Taking, take, taking
from cnngen.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from cnngen.frameworks.files import Ending


@click.command(
    epilog=examples(
        "cnngen weights inspect lenet5.cnn",
        "cnngen weights inspect resnet.cnn in.pth --network ResNet18",
        "cnngen weights inspect lenet5.cnn checkpoint.pt --key ema --strip module.",
        "cnngen weights inspect lenet5.cnn lenet5.keras --json",
    )
    + "\n\nExit codes: 0 fine; 1 weights that do not fit; 2 usage or files."
)
@click.argument("file", shell_complete=completion.source_files)
@click.argument("weights", required=False)
@options.wanted
@taking
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    file: str,
    weights: str | None,
    of_file: Taking,
    as_json: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Show a network's weights, or whether those of a file fit.

    FILE is the source of the network, WEIGHTS a file that may hold its weights. One with several
    sets of weights is shown set by set, unless --key chooses one.
    """
    shown = Shown("json" if as_json else form, color, product=True)
    need("numpy", *(() if as_json else ("rich",)))
    if weights is None and any(of_file):
        raise click.UsageError(
            "what is to be taken of a file goes with WEIGHTS, which is that file"
        )
    if weights is None:
        from cnngen.cli.weights.overview import show_overview

        found = chosen(file, wanted, [], shown, debug=debug)
        show_overview(found, shown, as_json=as_json)
        return
    try:
        ending = ending_to_read(weights)
        found = chosen(file, wanted, [backend(ending.target)], shown, debug=debug)
        fits = _compared(found, weights, ending, of_file, as_json=as_json)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    sys.exit(0 if fits else FINDINGS)


def _compared(found: Chosen, path: str, ending: Ending, of_file: Taking, *, as_json: bool) -> bool:
    """Print what fits and what does not; whether there is a set of weights that fits.

    Raises:
        DiagnosticError: there is nothing to compare.
    """
    from cnngen.cli.weights.comparison import Held, show_comparison, show_sets
    from cnngen.frameworks.files import file_format
    from cnngen.weights import fit, under_two_names, within

    with installed():
        reader = file_format(ending)
    network, parts = found.network, of_file.parts
    sets = read(reader, path, network)
    keys = sets if of_file.key is None else [of_file.key]
    held = []
    for key in keys:
        _, contents = take(sets, network, reader, path, of_file._replace(key=key))
        contents = within(network, reader, under_two_names(network, reader, contents), parts)
        held.append(Held(key, fit(network, reader, contents, parts), contents.beside))
    if len(held) == 1:
        show_comparison(held[0], as_json=as_json)
    else:
        show_sets(held, as_json=as_json)
    return any(not each.fit.wrong for each in held)
