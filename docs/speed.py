"""Writes the page ``speed.md`` and its figure of what ``benchmarks/inference.py`` measured.

python docs/speed.py            # both files anew, of speed.json
python docs/speed.py --check    # exit 1 where one is not what would be written
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from written import write

from cnngen.drawing.palette import DARK, LIGHT, Palette

DOCS = Path(__file__).parent
MEASURED = DOCS / "speed.json"
PAGE = DOCS / "speed.md"
FIGURE = DOCS / "speed.svg"

Row = dict[str, Any]
"""As :class:`Row` of ``benchmarks/inference.py`` in JSON."""

COLUMNS = {
    "control": "control",
    "training": "PyTorch, training",
    "inference": "PyTorch, inference",
    "onnxruntime": "ONNX Runtime, cnngen's file",
    "onnxruntime, torch's export": "ONNX Runtime, torch's export",
    "torch.compile": "torch.compile",
}
"""The headings of variants, in order."""

DRAWN = {"inference": "conv", "onnxruntime": "block"}
"""What the figure shows, and the colours of drawings that it has there."""

HEAD = """\
# Speed

Written by `python docs/speed.py` of what `python benchmarks/inference.py` measured; do not edit.

Evaluation with one thread, in float32, beside torchvision's module in evaluation: 1.5 is one and a
half times as fast. All variants of a network have the same weights, and outputs that differ by no
more than 1e-4 of the largest value. They take turns, and CPU time of the process is compared within
each round: the median of the rounds, and in brackets the quartiles. `control` is torchvision's
module against itself. The machine did other work at the same time: ratios mean something, times
little.

- *PyTorch, training* is what `cnngen compile -t torch` writes, *PyTorch, inference* what it writes
  with [`--for inference`](inference.md).
- *ONNX Runtime* runs what [`cnngen compile -t onnx`](onnx.md) writes, and beside it what
  `torch.onnx.export` makes of torchvision's module, for as many images of this size alone. Ours
  leaves both open, which [costs a little](onnx.md#the-graph) with large batches.

{machine}; {versions}.
"""

KERAS = """\
## Keras

On TensorFlow, beside the eager call `model(x, training=False)` of the form for training. How a
model is called matters more than what is in it: [call it compiled](inference.md#keras).
"""


# --- the page ------------------------------------------------------------------------------------


def page(measured: dict[str, Any]) -> str:
    """All of it."""
    rows: list[Row] = measured["rows"]
    torch, keras = ([r for r in rows if ("Keras" in r["network"]) is of] for of in (False, True))
    versions = ", ".join(f"{name} {number}" for name, number in measured["versions"].items())
    parts = [HEAD.format(machine=measured["machine"], versions=versions)]
    for batch in sorted({row["batch"] for row in torch}):
        parts += [f"## Batch {batch}\n", table([r for r in torch if r["batch"] == batch])]
    parts.insert(2, f"![{TITLE}]({FIGURE.name})\n")
    if keras:
        parts += [KERAS, table(keras)]
    return "\n".join(parts)


def table(rows: Sequence[Row]) -> str:
    """A line for each network, a column for each variant beside the first one."""
    found = {(row["network"], row["variant"]): row for row in rows}
    networks = dict.fromkeys(row["network"] for row in rows)
    first = rows[0]["variant"]
    variants = [name for name in dict.fromkeys(row["variant"] for row in rows) if name != first]
    lines = [["network", f"{first}, ms", *(COLUMNS.get(name, name) for name in variants)]]
    lines.append(["---"] + ["---:"] * (len(variants) + 1))
    for network in networks:
        own = [found.get((network, name)) for name in variants]
        time = found[network, first]["seconds"]
        lines.append([network.removesuffix(", Keras"), f"{1e3 * time:.1f}", *map(_cell, own)])
    if len(networks) > 2:
        means = (_mean(found, networks, name) for name in variants)
        lines.append(["geometric mean", "", *(f"{mean:.2f}" for mean in means)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    low, median, high = row["ratio"]
    return f"{median:.2f} ({low:.2f} to {high:.2f})"


def _mean(found: dict[tuple[str, str], Row], networks: Sequence[str] | Any, variant: str) -> float:
    rows = (found.get((network, variant)) for network in networks)
    return geometric_mean([row["ratio"][1] for row in rows if row is not None])


# --- the figure ----------------------------------------------------------------------------------

TITLE = "How many times as fast as torchvision's module, batch 1"

LEFT, UNIT, BAR, GAP, TOP = 130, 110, 12, 12, 62
"""Where bars begin, the length of 1, the height of a bar, and what is between networks."""


def figure(rows: Sequence[Row]) -> str:
    """Bars for each network, in the colours of drawings, on light paper and on dark."""
    found = {(row["network"], row["variant"]): row["ratio"][1] for row in rows}
    networks = list(dict.fromkeys(row["network"] for row in rows))
    height = TOP + len(networks) * (BAR * len(DRAWN) + GAP) + 8
    width = round(LEFT + UNIT * max(found.values()) + 50)
    inside = [*_legend(), *(line for at in enumerate(networks) for line in _bars(found, *at))]
    one = LEFT + UNIT
    inside.append(f'<path class="axis" d="M{one} {TOP - 8}V{height - 8}" stroke-dasharray="4 3"/>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif" '
        'font-size="12" role="img">'
    )
    paper = f'<rect class="paper" width="{width}" height="{height}"/>'
    title = f'<text class="ink" x="12" y="22" font-size="14">{TITLE}</text>'
    return "\n".join([head, f"<title>{TITLE}</title>", _style(), paper, title, *inside, "</svg>\n"])


def _bars(found: dict[tuple[str, str], float], number: int, network: str) -> Iterator[str]:
    top = TOP + number * (BAR * len(DRAWN) + GAP)
    middle = top + BAR * len(DRAWN) / 2 + 4
    yield f'<text class="ink" x="{LEFT - 8}" y="{middle:g}" text-anchor="end">{network}</text>'
    for place, (variant, kind) in enumerate(DRAWN.items()):
        ratio, y = found[network, variant], top + place * BAR
        length = UNIT * ratio
        yield f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 1}"/>'
        yield f'<text class="muted" x="{LEFT + length + 5:.1f}" y="{y + 10}">{ratio:.2f}</text>'


def _legend() -> Iterator[str]:
    for place, (variant, kind) in enumerate(DRAWN.items()):
        x = LEFT + 170 * place
        yield f'<rect class="{kind}" x="{x}" y="35" width="12" height="11"/>'
        yield f'<text class="ink" x="{x + 18}" y="45">{COLUMNS[variant]}</text>'


def _style() -> str:
    def rules(colours: Palette) -> str:
        tones = ((kind, colours.tones[kind]) for kind in DRAWN.values())
        return "\n".join(
            [
                f".paper {{ fill: {colours.paper} }}",
                f".ink {{ fill: {colours.ink} }}",
                f".muted {{ fill: {colours.muted} }}",
                f".axis {{ stroke: {colours.edge}; fill: none }}",
                *(f".{kind} {{ fill: {tone.fill}; stroke: {tone.line} }}" for kind, tone in tones),
            ]
        )

    dark = f"@media (prefers-color-scheme: dark) {{\n{rules(DARK)}\n}}"
    return f"<style>\n{rules(LIGHT)}\n{dark}\n</style>"


def main() -> int:
    """Write both files, or with ``--check`` say which are stale."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    first = [row for row in measured["rows"] if row["batch"] == 1 and "Keras" not in row["network"]]
    wanted = {PAGE: page(measured), FIGURE: figure(first)}
    return write(wanted, "speed.py")


if __name__ == "__main__":
    sys.exit(main())
