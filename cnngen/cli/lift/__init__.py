"""``cnngen lift``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from cnngen import files
from cnngen.cli import FINDINGS, console, examples, tables
from cnngen.cli.lift import report
from cnngen.cli.lift.source import check_name, find_model, shapes_of
from cnngen.cli.lift.weights import write_weights
from cnngen.cli.options import backends
from cnngen.cli.requirements import keras_on, need
from cnngen.cli.sources import Shown
from cnngen.cli.weights.finding import write_table
from cnngen.cli.weights.network import ending_to_write
from cnngen.cli.weights.output import check_output
from cnngen.compiler import Result, compile_source
from cnngen.diagnostics import DiagnosticError
from cnngen.diagnostics.render import one_line
from cnngen.source import Source
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text

if TYPE_CHECKING:
    from cnngen.lifting.lift import Lifted
    from cnngen.lifting.proof import Compared

COMPARISONS = 5
"""Pieces of the proof: making both, and what `prove` compares at most."""


@click.command(
    epilog=examples(
        "cnngen lift torchvision.models:resnet50 --input 224x224x3 -o net.cnn",
        "cnngen lift models/net.py:Net --set classes=10 --input 32x32x3",
        "cnngen lift trained.keras -o net.cnn --weights net.safetensors",
        "cnngen lift exported.pt2 -o net.cnn",
    )
)
@click.argument("source", metavar="SOURCE")
@click.option("-o", "--output", metavar="FILE", help="The file to write; standard output if none.")
@click.option(
    "--input",
    "sizes",
    multiple=True,
    metavar="HxWxC",
    help="The shape of an input without the batch, channels last. Repeatable, in order.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="An argument for the class or function at SOURCE. Repeatable.",
)
@click.option("--name", metavar="NAME", help="Of the network; the model's own if not given.")
@click.option("--no-check", is_flag=True, help="Do not compare the result with the model.")
@click.option(
    "--partial",
    is_flag=True,
    help="Write the rest where the language cannot say a part; the result does not compile.",
)
@click.option(
    "--weights",
    metavar="OUT",
    help="Write the model's weights as well, for the framework that the ending says.",
)
@click.option(
    "--write-map",
    "table",
    metavar="FILE",
    help="Write the model's names of weights and the network's, for `weights convert --map`.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was found.")
@console.output_format
@console.color
@console.debug
def command(
    source: str,
    output: str | None,
    sizes: tuple[str, ...],
    settings: tuple[str, ...],
    name: str | None,
    no_check: bool,
    partial: bool,
    weights: str | None,
    table: str | None,
    force: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Read a `.cnn` file off a model that exists.

    SOURCE is MODULE:NAME or FILE.py:NAME, a model, its class, or a function that makes it, which
    is called; a `.keras` file; or a program that torch.export wrote, `.pt2`. The code at SOURCE
    runs, as if you had started it yourself: lift what you trust. The generated module is compared
    with the model, in evaluation and in training, before anything is written. Exit code 1 where
    the model cannot be lifted, or the two differ.
    """
    from cnngen.lifting.lift import lift
    from cnngen.lifting.traced import UnliftableError

    keras_on()
    shown = Shown(form, color, product=output in (None, files.STANDARD))
    tells = not quiet and not shown.for_programs
    check_name(name)
    shapes = shapes_of(sizes)
    need("numpy")
    _check_endings(output, weights, partial=partial)
    try:
        for path in filter(None, (output, weights, table)):
            check_output("", path, force=force)
        model = find_model(source, settings, debug=debug)
        with tables.progress(2, shown=tells) as advance:
            advance("runs the model, and records it")
            traced = model.record(shapes, name or "")
            advance("looks for its structure")
            lifted = lift(traced)
    except UnliftableError as error:
        shown.end(report.unliftable(source, str(error)))
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    text = _laid_out(lifted)
    if lifted.missing:
        shown.show(report.missing(source, lifted.missing, partial=partial))
        if partial:
            _write(output, text, shown)
            if tells:
                report.show_partial(output, text, source)
        sys.exit(FINDINGS)
    result = _compiled(text, model.target, debug=debug)
    (network,) = result.module.networks
    names = model.own_names(network, lifted)
    generated = result.outputs[0].text
    # Before the proof, whose step of training moves the statistics of a model that is no copy.
    own = model.weights(network, names) if weights else {}
    compared: list[Compared] = []
    if not no_check:
        with tables.progress(COMPARISONS, shown=tells) as advance:
            compared = model.prove(network, generated, names, traced, lifted.heads, advance)
    if not all(each.holds for each in compared):
        report.show_comparisons(compared, color)
        shown.end(report.differs(source, compared))
    _write(output, text, shown)
    if tells:
        report.show(output, text, network, names, source, named=traced.named)
        report.show_comparisons(compared, color)
        report.show_notes(traced.notes)
    if table:
        _write_table(table, names, shown)
    if weights:
        place = "lifted.cnn" if output in (None, files.STANDARD) else output
        write_weights(weights, Source(place, text), network, own, shown)
    shown.show(())


def _check_endings(output: str | None, weights: str | None, *, partial: bool) -> None:
    """Find out before anything is run that a file could not be written."""
    if weights is not None:
        ending_to_write(weights)
        if partial:
            raise click.UsageError("--weights: a network of which a part is missing has none")
    if output is not None and output != files.STANDARD and not output.endswith(".cnn"):
        raise click.UsageError(
            one_line(f"'{output}' is to be a source, which ends in .cnn; --weights writes weights")
        )


def _write_table(path: str, names: Mapping[str, str], shown: Shown) -> None:
    """The table of renames for weights that are in a file of their own."""
    try:
        write_table(path, {own: ours for ours, own in names.items()})
    except DiagnosticError as error:
        shown.end(error.diagnostic)


def _laid_out(lifted: Lifted) -> str:
    file, found = parse(Source("lifted.cnn", lifted.text))
    if found:
        raise RuntimeError(f"the lifted text has mistakes: {found[0].message}\n{lifted.text}")
    return to_text(file)


def _compiled(text: str, target: str, *, debug: bool) -> Result:
    """The text compiled; mistakes in it are a fault of cnngen."""
    result = compile_source(Source("lifted.cnn", text), backends([target]), debug=debug)
    if not result.complete:
        found = next(d for d in result.diagnostics if d.code.severity == "error")
        raise RuntimeError(f"the lifted text has mistakes: {found.message}\n{text}")
    return result


def _write(output: str | None, text: str, shown: Shown) -> None:
    try:
        if output is None or output == files.STANDARD:
            files.write_standard_output(text)
        else:
            files.write_output(output, text)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
