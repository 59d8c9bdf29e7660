"""What is shown to people: diagnostics in the chosen format and colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TextIO, TypeVar

import click

from cnngen.cli import FINDINGS, TROUBLE
from cnngen.diagnostics import Diagnostic, codes, has_errors
from cnngen.diagnostics.render import concise, counted, full, plain, whole
from cnngen.source import Source

Command = TypeVar("Command", bound=Callable[..., object])

STYLES = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "note": {"fg": "green", "bold": True},
    "rule": {"fg": "blue"},
    "mark": {"fg": "red"},
    "hint": {"fg": "cyan", "bold": True},
}

EXCERPT = {
    "comment": {"fg": "bright_black"},
    "keyword": {"fg": "magenta"},
    "region": {"fg": "magenta"},
    "layer": {"fg": "cyan"},
    "block": {"fg": "cyan", "bold": True},
    "definition": {"bold": True},
    "parameter": {"italic": True},
    "label": {"fg": "yellow"},
    "argument": {"italic": True},
    "function": {"fg": "cyan"},
    "constant": {"fg": "blue"},
    "number": {"fg": "green"},
    "size": {"fg": "green"},
    "string": {"fg": "green"},
    "module": {"fg": "green"},
    "error": {"fg": "red"},
}
"""The styles of a source's parts, by their category; the others are not coloured."""

ROLES = STYLES | {f"source {category}": style for category, style in EXCERPT.items()}
"""What is painted: a part of a source is no role of a diagnostic, though both may be errors."""

ABOUT_FILES = {
    codes.FILE_MISSING,
    codes.FILE_IS_FOLDER,
    codes.FILE_NOT_UTF8,
    codes.FILE_TOO_LARGE,
    codes.FILE_UNREADABLE,
    codes.OUTPUT_UNWRITABLE,
    codes.OUTPUT_FOREIGN,
    codes.OUTPUT_EXISTS,
    codes.NOT_WEIGHTS,
    codes.CONFIGURATION,
    codes.NO_VERSION,
}
"""Not a mistake in a source: exit code 2."""

FOR_PEOPLE = ("full", "concise")
FOR_PROGRAMS = ("json", "github", "sarif")


def output_format_of(name: str) -> Callable[[Command], Command]:
    """The option ``--output-format``, given to a command as ``name``."""
    return click.option(
        "--output-format",
        name,
        type=click.Choice([*FOR_PEOPLE, *FOR_PROGRAMS]),
        default="full",
        show_default=True,
        help="How diagnostics are written: full or concise, for people, to standard error; json, "
        "github (annotations) or sarif, for programs, to standard output unless that has the "
        "result.",
    )


output_format = output_format_of("form")
color = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; with auto, NO_COLOR and FORCE_COLOR are respected.",
)
debug = click.option("--debug", is_flag=True, hidden=True, help="Check the IR; show tracebacks.")


def show(diagnostics: Sequence[Diagnostic], form: str, color: str, *, product: bool = False) -> int:
    """Write the diagnostics and return the exit code that they stand for.

    For people they go to standard error. For programs they go to standard output, also where there
    are none; but to standard error where standard output has a ``product``, such as generated code
    or a table, so that it always holds one thing.
    """
    if form in FOR_PROGRAMS:
        text = for_programs(diagnostics, form)
        click.echo(text, err=product, nl=bool(text))
        return exit_code(diagnostics)
    colored = in_color(color)
    for diagnostic in diagnostics:
        click.echo(rendered(diagnostic, form, colored), err=True, color=colored)
    return exit_code(diagnostics)


def rendered(diagnostic: Diagnostic, form: str, colored: bool) -> str:
    """A diagnostic as ``full`` or ``concise`` text; in colour, its source is coloured too."""
    paint = _paint if colored else plain
    if form == "concise":
        return concise(diagnostic, paint)
    return full(diagnostic, paint, _parts if colored else whole)


def for_programs(diagnostics: Sequence[Diagnostic], form: str) -> str:
    """All diagnostics as one text in a format for programs."""
    if form == "json":
        from cnngen.diagnostics.json_list import as_json as write
    elif form == "github":
        from cnngen.diagnostics.github import as_github as write
    else:
        from cnngen.diagnostics.sarif import as_sarif as write
    return write(diagnostics)


def exit_code(diagnostics: Sequence[Diagnostic]) -> int:
    """0 without errors; 2 where a file, or the project's, is the trouble; else 1."""
    about = (d for d in diagnostics if d.code in ABOUT_FILES)
    if any(d.span is None or d.code is codes.CONFIGURATION for d in about):
        return TROUBLE
    return FINDINGS if has_errors(diagnostics) else 0


def in_color(choice: str, stream: TextIO | None = None) -> bool:
    """Whether to colour: ``--color``, then NO_COLOR, then FORCE_COLOR, then the terminal.

    The stream is standard error where none is given.
    """
    stream = stream or sys.stderr
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty()  # None: the shell's `2>&-`


def summary(diagnostics: Sequence[Diagnostic], form: str) -> None:
    """The number of mistakes, where several were shown to a person."""
    errors = [d for d in diagnostics if d.code.severity == "error"]
    if form == "full" and len(errors) > 1:
        example = min(d.code.id for d in errors)
        count = counted(len(errors), "error")
        click.echo(f"{count}; `cnngen explain {example}` says more", err=True)


@lru_cache(maxsize=64)
def _parts(source: Source, number: int) -> list[tuple[str, str]]:
    """A line's parts, each with the role of its category. Many mistakes may be on one line."""
    if source.path.endswith(".toml"):  # the project's configuration
        return list(whole(source, number))
    from cnngen.highlight.lines import parts  # a run that colours nothing need not wait for it

    named = [
        (text, f"source {category.value}" if category else "")
        for text, category in parts(source, number)
    ]
    return [(text, role if role in ROLES else "") for text, role in named]


def _paint(text: str, role: str) -> str:
    styled: str = click.style(text, **ROLES[role])  # type: ignore[arg-type]
    return styled
