"""What the scripts of this folder share: their arguments, the look of figures, the verdict."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

FORMATS = (".png", ".svg")

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
"""Colours that people who confuse red and green tell apart (Okabe & Ito, 2008)."""
GREY = "#666666"

mpl.rcParams.update(
    {
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "savefig.dpi": 110,
        "svg.hashsalt": "cnngen",  # the same bytes each time
    }
)


class Options(NamedTuple):
    """What a script was asked for."""

    output: Path
    quick: bool


def options(description: str, arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; exit with 2 where the figure could not be written in the end."""
    stem = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(f"{stem}.png"),
        metavar="PATH",
        help="the figure, .png or .svg (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="a smaller run, for tests")
    given = parser.parse_args(arguments)
    if given.output.suffix not in FORMATS:
        parser.error(f"--output must end in one of {', '.join(FORMATS)}, not {given.output.name!r}")
    if not given.output.parent.is_dir():
        parser.error(f"--output: there is no folder {str(given.output.parent)!r}")
    return Options(given.output, given.quick)


def save(figure: Figure, path: Path) -> None:
    """Write the figure, and say where it is."""
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    progress(f"figure: {path}")


def progress(line: str) -> None:
    """A line for whoever waits; numbers go to standard output."""
    print(line, file=sys.stderr, flush=True)


def verdict(claim: str, failures: Sequence[str]) -> int:
    """Say whether the claim held in this run; the exit code."""
    print(f"\n{claim}: {'did NOT hold' if failures else 'held'}")
    for failure in failures:
        progress(f"the claim did not hold: {failure}")
    return 1 if failures else 0
