"""``cnngen summary``: a network's layers with their shapes and what they cost."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from cnngen.analysis import memory
from cnngen.analysis.summary import Figures, Row, Summary, by_block, summary
from cnngen.cli import console, examples, files, options, tables
from cnngen.compiler import analyse
from cnngen.diagnostics import Diagnostic, DiagnosticError
from cnngen.elaborate import Choice
from cnngen.passes import run_passes
from cnngen.record import NamedTuple

HEADS = ("layer", "", "output", "parameters", "MACs", "receptive field", "memory")
NUMBERS = (3, 4, 5, 6)
"""The columns of ``HEADS`` that are aligned to the right."""

ALL = "all"
"""The receptive field of what may see all of the input."""

MOST_LEVELS = 1_000


class Shown(NamedTuple):
    """A network, and how it is shown; ``complete`` where no mistake has ended it."""

    figures: Summary
    complete: bool
    batch: int
    depth: int


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


# --- for people ----------------------------------------------------------------------------------


def _tables(shown: Sequence[Shown]) -> str:
    return "\n".join("\n".join([*_table(each), ""]) for each in shown)


def _table(shown: Shown) -> Iterator[str]:
    figures = shown.figures
    sizes = ", ".join(map(str, figures.inputs))
    yield f"{figures.name}, input {sizes}" + ("" if shown.complete else ", up to the mistake")
    yield ""
    cells = [_cells(row, level, shown) for level, row in _rows(figures.rows, shown.depth)]
    head, *lines = tables.columns([HEADS, *cells], right=NUMBERS)
    yield from [head, "-" * max(map(len, [head, *lines])), *lines, ""]
    yield from _totals(shown)
    yield from _blocks(figures)


def _rows(rows: Sequence[Row], depth: int, level: int = 0) -> Iterator[tuple[int, Row]]:
    """The rows down to a depth, each with its level."""
    for row in rows:
        yield level, row
        if level + 1 < depth:
            yield from _rows(row.children, depth, level + 1)


def _cells(row: Row, level: int, shown: Shown) -> tuple[str, ...]:
    total = row.figures
    return (
        "  " * level + row.name,
        row.text,
        str(row.output),
        f"{total.parameters:,}" if total.parameters else "",
        f"{total.macs:,}" if total.macs else "",
        _field(row),
        bytes_text(shown.batch * total.elements * memory.FLOAT32) if total.elements else "",
    )


def _field(row: Row) -> str:
    return ALL if row.field is None else "x".join(map(str, row.field))


def bytes_text(number: int) -> str:
    """So many bytes in a unit that reads well: ``3.1 MiB``."""
    for power, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB")):
        value = number / 2 ** (10 * power)
        if value < 1000 or unit == "TiB":
            return f"{value:,.0f} B" if unit == "B" else f"{value:,.1f} {unit}"
    raise AssertionError


def _totals(shown: Shown) -> Iterator[str]:
    figures, total = shown.figures, shown.figures.total
    more = f", and {total.statistics:,} statistics of batch norms" if total.statistics else ""
    yield f"parameters  {total.parameters:,}{more}"
    yield f"MACs        {total.macs:,} for one input ({tables.short(2 * total.macs)}FLOPs)"
    sizes = (
        ("weights", memory.FLOAT32 * total.values),
        ("inference", figures.inference_bytes(shown.batch)),
        ("training", figures.training_bytes(shown.batch)),
    )
    told = ", ".join(f"{name} {bytes_text(size)}" for name, size in sizes)
    yield f"memory      {told} (float32, batch {shown.batch})"


def _blocks(figures: Summary) -> Iterator[str]:
    found = by_block(figures.rows)
    if not found:
        return
    rows = [
        (
            each.name,
            str(each.times),
            f"{each.figures.parameters:,}",
            _share(each.figures.parameters, figures.total.parameters),
            f"{each.figures.macs:,}",
            _share(each.figures.macs, figures.total.macs),
        )
        for each in found
    ]
    yield ""
    yield from tables.columns([("block", "uses", "parameters", "", "MACs", ""), *rows], right=RIGHT)


RIGHT = range(1, 6)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""


def _markdown(shown: Sequence[Shown]) -> str:
    return "\n".join("\n".join([*_document(each), ""]) for each in shown)


def _document(shown: Shown) -> Iterator[str]:
    yield f"## {shown.figures.name}"
    yield ""
    yield _line(HEADS)
    yield _line("---:" if place in NUMBERS else "---" for place in range(len(HEADS)))
    for level, row in _rows(shown.figures.rows, shown.depth):
        name, text, *others = _cells(row, level, shown)
        indent = "&nbsp;&nbsp;" * level
        yield _line([indent + name.strip(), f"`{text}`" if text else "", *others])
    yield ""
    yield from (f"- {line}" for line in _totals(shown))


def _line(cells: Any) -> str:
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


# --- for programs --------------------------------------------------------------------------------


def _json(shown: Sequence[Shown]) -> str:
    return json.dumps([_network(each) for each in shown], indent=2) + "\n"


def _network(shown: Shown) -> dict[str, Any]:
    figures = shown.figures
    return {
        "name": figures.name,
        "complete": shown.complete,
        "inputs": list(map(str, figures.inputs)),
        **_numbers(figures.total),
        "batch": shown.batch,
        "weights_bytes": memory.FLOAT32 * figures.total.values,
        "inference_bytes": figures.inference_bytes(shown.batch),
        "training_bytes": figures.training_bytes(shown.batch),
        "blocks": [
            {
                "name": each.name,
                "uses": each.times,
                **_numbers(each.figures),
            }
            for each in by_block(figures.rows)
        ],
        "layers": [_object(row, shown, 1) for row in figures.rows],
    }


def _object(row: Row, shown: Shown, level: int) -> dict[str, Any]:
    inside = [_object(each, shown, level + 1) for each in row.children]
    return {**_flat(row, shown), "layers": inside if level < shown.depth else []}


def _flat(row: Row, shown: Shown) -> dict[str, Any]:
    total = row.figures
    return {
        "path": row.path,
        "layer": row.text,
        "output": str(row.output),
        **_numbers(total),
        "receptive_field": list(row.field) if row.field else None,
        "bytes": shown.batch * total.elements * memory.FLOAT32,
        "file": row.span.source.path,
        "line": row.span.line,
    }


def _numbers(figures: Figures) -> dict[str, int]:
    return {
        "parameters": figures.parameters,
        "statistics": figures.statistics,
        "macs": figures.macs,
        "flops": 2 * figures.macs,
    }


def _csv(shown: Sequence[Shown]) -> str:
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for each in shown:
        for level, row in _rows(each.figures.rows, each.depth):
            flat = {"network": each.figures.name, "level": level, **_flat(row, each)}
            flat["receptive_field"] = _field(row)
            if writer is None:
                writer = csv.DictWriter(out, flat, lineterminator="\n")
                writer.writeheader()
            writer.writerow(flat)
    return out.getvalue()


FORMS = {"table": _tables, "markdown": _markdown, "json": _json, "csv": _csv}
