"""Summaries as tables for people, and as JSON and CSV for programs.

The libraries of forms other than the plain table are imported where these are written: together
they take longer than most networks.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnngen.analysis import memory
from cnngen.analysis.summary import Figures, Row, Summary, by_block
from cnngen.columns import bytes_text, columns, short
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    import csv

HEADS = ("layer", "", "output", "parameters", "MACs", "receptive field", "memory")
NUMBERS = (3, 4, 5, 6)
"""The columns of ``HEADS`` that are aligned to the right."""

ALL = "all"
"""The receptive field of what may see all of the input."""


class Shown(NamedTuple):
    """A network, and how it is shown; ``complete`` where no mistake has ended it."""

    figures: Summary
    complete: bool
    batch: int
    depth: int


# --- for people ----------------------------------------------------------------------------------


def _tables(shown: Sequence[Shown]) -> str:
    return "\n".join("\n".join([*_table(each), ""]) for each in shown)


def _table(shown: Shown) -> Iterator[str]:
    figures = shown.figures
    yield _title(shown)
    yield ""
    cells = [_cells(row, level, shown) for level, row in _rows(figures.rows, shown.depth)]
    head, *lines = columns([HEADS, *cells], right=NUMBERS)
    yield from [head, "-" * max(map(len, [head, *lines])), *lines, ""]
    yield from _totals(shown)
    yield from _blocks(figures)


def _title(shown: Shown) -> str:
    sizes = ", ".join(map(str, shown.figures.inputs))
    rest = "" if shown.complete else ", up to the mistake"
    return f"{shown.figures.name}, input {sizes}{rest}"


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


def _totals(shown: Shown) -> Iterator[str]:
    figures, total = shown.figures, shown.figures.total
    more = f", and {total.statistics:,} statistics of batch norms" if total.statistics else ""
    yield f"parameters  {total.parameters:,}{more}"
    yield f"MACs        {total.macs:,} for one input ({short(2 * total.macs)}FLOPs)"
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
    yield from columns([("block", "uses", "parameters", "", "MACs", ""), *rows], right=RIGHT)


RIGHT = range(1, 6)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""


def _markdown(shown: Sequence[Shown]) -> str:
    return "\n".join("\n".join([*_document(each), ""]) for each in shown)


def _document(shown: Shown) -> Iterator[str]:
    from html import escape

    yield f"## {_title(shown)}"
    yield ""
    yield _line(HEADS)
    yield _line("---:" if place in NUMBERS else "---" for place in range(len(HEADS)))
    for level, row in _rows(shown.figures.rows, shown.depth):
        name, text, *others = _cells(row, level, shown)
        indent = "&nbsp;&nbsp;" * level
        yield _line([indent + escape(name.strip()), f"`{text}`" if text else "", *others])
    yield ""
    yield from (f"- {line}" for line in _totals(shown))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _html(shown: Sequence[Shown]) -> str:
    return "".join(part for each in shown for part in _page(each))


def _page(shown: Shown) -> Iterator[str]:
    """A table for notebooks, which give it their own style."""
    from html import escape

    yield f"<h4>{escape(_title(shown))}</h4>\n<table>\n"
    yield _cells_as_html("th", HEADS)
    for level, row in _rows(shown.figures.rows, shown.depth):
        name, *others = _cells(row, level, shown)
        indent = "&nbsp;" * (4 * level)
        yield _cells_as_html("td", [name.strip(), *others], indent)
    yield "</table>\n"
    yield "".join(f"<div>{escape(line)}</div>\n" for line in _totals(shown))


def _cells_as_html(tag: str, cells: Sequence[str], indent: str = "") -> str:
    from html import escape

    written = (
        f'<{tag} style="text-align: {"right" if place in NUMBERS else "left"}">'
        f"{indent if place == 0 else ''}{escape(cell)}</{tag}>"
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(written)}</tr>\n"


# --- for programs --------------------------------------------------------------------------------


def _json(shown: Sequence[Shown]) -> str:
    import json

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
    import csv

    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for each in shown:
        for level, row in _rows(each.figures.rows, each.depth):
            network = each.figures.name
            flat = {"network": network, "complete": each.complete, "level": level}
            flat |= _flat(row, each)
            flat["receptive_field"] = _field(row)
            if writer is None:
                writer = csv.DictWriter(out, flat, lineterminator="\n")
                writer.writeheader()
            writer.writerow(flat)
    return out.getvalue()


FORMS: dict[str, Callable[[Sequence[Shown]], str]] = {
    "table": _tables,
    "markdown": _markdown,
    "html": _html,
    "json": _json,
    "csv": _csv,
}
"""Each way to write the summaries of several networks."""
