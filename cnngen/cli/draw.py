"""``cnngen draw``."""

from __future__ import annotations

import os
import sys

import click

from cnngen import files
from cnngen.choice import Choice
from cnngen.cli import completion, console, examples, options
from cnngen.cli.requirements import MissingError
from cnngen.cli.sources import Shown, compiled, one_network, read
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line
from cnngen.diagnostics.suggest import listed
from cnngen.drawing import FORMS, PICTURES, STYLES, TooLargeError, draw
from cnngen.drawing.palette import THEMES
from cnngen.drawing.svg import MARK
from cnngen.ir import Network

NEAR_AN_END = 4096
"""Bytes of a file in which it says that we made it."""


@click.command(
    epilog=examples(
        "cnngen draw lenet5.cnn -o lenet5.svg",
        "cnngen draw vgg.cnn --style volumes --theme auto -o vgg.svg",
        "cnngen draw zoo:resnet --network ResNet50 --depth 2 -o resnet50.png",
        "cnngen draw lenet5.cnn --format mmd -o -",
    )
)
@click.argument("source", metavar="FILE", shell_complete=completion.source_files)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="The picture; its ending says the format. - for standard output.",
)
@click.option(
    "--format",
    "written",
    type=click.Choice(FORMS),
    help="What is written, where the ending of the file does not say it.",
)
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default=STYLES[0],
    show_default=True,
    help="Layers as boxes of a graph, or maps as volumes.",
)
@click.option(
    "--depth",
    type=click.IntRange(1),
    help="Levels to show: with 1, the network's blocks are closed. As many as stay readable if "
    "none is given.",
)
@click.option(
    "--theme",
    type=click.Choice(THEMES),
    default=THEMES[0],
    show_default=True,
    help="Colours; with auto, an SVG follows the system of who looks at it.",
)
@options.wanted
@click.option("--force", is_flag=True, help="Overwrite a file that cnngen did not make.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was written.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    source: str,
    output: str,
    written: str | None,
    style: str,
    depth: int | None,
    theme: str,
    force: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Draw a network.

    Formats are svg, png, pdf, dot (Graphviz), mmd (Mermaid) and html (a page that
    unfolds, with the source beside it). `pip install 'cnngen[draw]'` brings what
    lays out graphs and writes png and pdf; the rest needs nothing.
    """
    written = _form(output, written, style)
    shown = Shown(form, color)
    try:
        _check_output(source, output, force=force)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    result = compiled(read(source, shown), (), wanted, shown, debug=debug)
    network = one_network(result, "a drawing shows")
    content = _drawn(network, written, style, depth, theme, shown)
    try:
        _write(output, content)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    if output != files.STANDARD and not quiet and form == "full":
        click.echo(one_line(f"{output}: {network.name}"), err=True)
    sys.exit(shown.show(result.diagnostics))


def _form(output: str, written: str | None, style: str) -> str:
    """What is to be written; a usage error where nothing says it, or where it is not to be had."""
    ending = os.path.splitext(output)[1].removeprefix(".").lower()
    found = written or ending
    if output == files.STANDARD and not written:
        raise click.UsageError(f"-o - needs --format: {listed(FORMS)}")
    if found not in FORMS:
        raise click.UsageError(
            one_line(f"the ending of '{output}' names no format: use --format, or one of ")
            + listed(f".{each}" for each in FORMS)
        )
    if style == "volumes" and found not in PICTURES:
        raise click.UsageError(f"--style volumes is drawn as {listed(PICTURES)}, not as {found}")
    return found


def _check_output(source: str, output: str, *, force: bool) -> None:
    """Find out what can be known before anything is read.

    Raises:
        DiagnosticError: the file cannot be written, or we did not make what is there.
    """
    if output == files.STANDARD or files.is_special(output):
        return
    if os.path.isdir(output):
        raise files.unwritable(output, IsADirectoryError(None, "this is a folder"))
    if not os.path.isdir(os.path.dirname(output) or os.curdir):
        raise files.unwritable(output, FileNotFoundError(None, "there is no such folder"))
    if os.path.exists(source) and os.path.exists(output) and os.path.samefile(source, output):
        raise click.UsageError(one_line(f"'{output}' is the source"))
    earlier = files.read_output(output)
    if earlier and not force and not _is_ours(earlier):
        raise DiagnosticError(
            Diagnostic(
                codes.OUTPUT_FOREIGN,
                f"the file there was not drawn by cnngen and is left alone: {output}",
                path=output,
                hint="choose another file with `-o`, or overwrite it with `--force`",
            )
        )


def _is_ours(data: bytes) -> bool:
    mark = MARK.encode()
    return mark in data[:NEAR_AN_END] or mark in data[-NEAR_AN_END:]


def _drawn(
    network: Network, written: str, style: str, depth: int | None, theme: str, shown: Shown
) -> str | bytes:
    try:
        return draw(network, written, style=style, depth=depth, theme=theme)
    except ImportError as error:
        raise MissingError(
            f"{error.name or error} is not installed, which draws this: `pip install "
            "'cnngen[draw]'`; `-o` with .dot, .mmd or .html needs nothing, nor do .svg files "
            "with `--style volumes`"
        ) from error
    except TooLargeError as error:
        hint = (
            "`--depth 1` closes its blocks"
            if depth not in (None, 1)
            else ("write what is alike with `repeat`, or as blocks, which are drawn closed")
        )
        shown.end(
            Diagnostic(
                codes.DRAWING_TOO_LARGE,
                f"{network.name} is too large to be drawn: {error}",
                network.span,
                hint=hint,
            )
        )


def _write(output: str, content: str | bytes) -> None:
    if output == files.STANDARD:
        files.write_standard_output(content)
    else:
        files.write_output(output, content)  # _check_output has seen what is there
