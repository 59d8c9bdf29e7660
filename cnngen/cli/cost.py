"""``cnngen cost``: what networks cost, side by side."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from cnngen import files
from cnngen.analysis import memory
from cnngen.analysis.summary import Row, Summary, summary
from cnngen.choice import Choice
from cnngen.cli import completion, config, console, examples, options
from cnngen.cli.sources import Shown
from cnngen.columns import bytes_text, columns
from cnngen.diagnostics import Diagnostic, DiagnosticError
from cnngen.reading import read, told
from cnngen.source import SCHEME

_NETWORK = re.compile(rf"(.*\.cnn|{SCHEME}\w+):(\w+)")


@click.command(
    epilog=examples(
        "cnngen cost before.cnn after.cnn",
        "cnngen cost nets.cnn:Naive nets.cnn:Bottleneck",
        "cnngen cost zoo:resnet:ResNet50 zoo:densenet:DenseNet121 --batch 32",
        "cnngen cost vgg.cnn --json",
    )
)
@click.argument(
    "sources",
    nargs=-1,
    required=True,
    metavar="FILE[:NETWORK]...",
    shell_complete=completion.source_files,
)
@options.wanted
@options.batch
@click.option("--layers", is_flag=True, help="Also what stands in the networks' own bodies.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list, for programs.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    sources: tuple[str, ...],
    batch: int,
    layers: bool,
    as_json: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Show what networks cost, side by side.

    Each is compared with the first. The networks are those of all FILEs, or the one
    that is named behind a colon. `cnngen summary --help` says what is counted.
    """
    try:
        project = config.load()
    except DiagnosticError as error:
        Shown(form, color, product=True).end(error.diagnostic)
    found: list[Diagnostic] = []
    compared: list[Summary] = []
    for given in sources:
        path, network = _split(given)
        choice = options.of_project(wanted, project, path)
        choice = choice._replace(network=network or choice.network)
        try:
            source = files.read_source(path)
        except DiagnosticError as error:
            found.append(error.diagnostic)
            continue
        reading = read(source, choice, load=files.loader(source), debug=debug)
        found += told(reading.diagnostics)
        compared += map(summary, reading.module.networks)
    code = console.show(found, form, color, product=True)
    console.summary(found, form)
    if as_json:
        click.echo(json.dumps([_object(each, batch) for each in compared], indent=2))
    elif compared:
        click.echo("\n".join(_table(compared, batch, layers=layers)))
    sys.exit(code)


def _split(given: str) -> tuple[str, str]:
    """A source, and the network that is named behind it; empty where none is."""
    match = _NETWORK.fullmatch(given)
    return (match[1], match[2]) if match else (given, "")


Figure = tuple[str, Callable[[Summary], int], Callable[[int], str]]


def _figures(batch: int) -> list[Figure]:
    """What is compared: its name, what it is of a network, and how it is written."""
    return [
        ("parameters", lambda each: each.total.parameters, "{:,}".format),
        ("MACs", lambda each: each.total.macs, "{:,}".format),
        ("weights", lambda each: memory.FLOAT32 * each.total.values, bytes_text),
        ("inference memory", lambda each: each.inference_bytes(batch), bytes_text),
        ("training memory", lambda each: each.training_bytes(batch), bytes_text),
    ]


def _object(each: Summary, batch: int) -> dict[str, Any]:
    weights, inference, training = (of(each) for _, of, _ in _figures(batch)[2:])
    return {
        "name": each.name,
        "parameters": each.total.parameters,
        "macs": each.total.macs,
        "batch": batch,
        "weights_bytes": weights,
        "inference_bytes": inference,
        "training_bytes": training,
    }


def _table(compared: Sequence[Summary], batch: int, *, layers: bool) -> Iterator[str]:
    head = ["", compared[0].name]
    for each in compared[1:]:
        head += [each.name, ""]
    rows = [
        [name, *_compared([of(each) for each in compared], text)]
        for name, of, text in _figures(batch)
    ]
    if layers:
        rows += _of_layers(compared, len(head))
    yield from columns([head, *rows], right=range(1, len(head)))


def _compared(values: Sequence[int], text: Callable[[int], str]) -> list[str]:
    """The values of a row, and behind each but the first what share of that it is."""
    cells = [text(values[0])]
    for value in values[1:]:
        cells += [text(value), f"{value / values[0]:.3g} x" if value and values[0] else ""]
    return cells


def _of_layers(compared: Sequence[Summary], width: int) -> Iterator[list[str]]:
    """The MACs of what has some, by its name, in the order of the first network that has it."""
    by_name = [{row.path: row for row in each.rows} for each in compared]
    names = list(dict.fromkeys(name for rows in by_name for name in rows))
    yield [""] * width
    yield ["MACs of", *[""] * (width - 1)]
    for name in names:
        macs = [_macs(rows.get(name)) for rows in by_name]
        if any(macs):
            yield [f"  {name}", *_compared(macs, lambda value: f"{value:,}" if value else "")]


def _macs(row: Row | None) -> int:
    return row.figures.macs if row else 0
