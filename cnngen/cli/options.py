"""Options that commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from cnngen.backends import BrokenTargetError, UnknownTargetError, backend, target_names
from cnngen.backends.base import Backend
from cnngen.diagnostics import did_you_mean
from cnngen.diagnostics.render import full
from cnngen.elaborate import MOST_LEVELS, MOST_STEPS, Choice
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse_settings

DEEPEST = 1_000
"""What ``--max-depth`` can be raised to: more would not fit on Python's stack."""

CALLS_PER_LEVEL = 20

sources = click.argument("sources", nargs=-1, required=True, metavar="FILE...")
_network = click.option("--network", metavar="NAME", help="Only this network of the file.")
_settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for a network's parameter, as in `--set classes=100`. Repeatable.",
)
_max_steps = click.option(
    "--max-steps",
    type=click.IntRange(1),
    default=MOST_STEPS,
    show_default=True,
    help="Statements, layers and turns of loops that the networks of a file may take to expand.",
)

_max_depth = click.option(
    "--max-depth",
    type=click.IntRange(1, DEEPEST),
    default=MOST_LEVELS,
    show_default=True,
    help="Levels of braces and blocks inside one another.",
)


def backends(names: Sequence[str]) -> list[Backend]:
    """The backends of these names, each once; a usage error where one is unknown."""
    found = []
    for name in dict.fromkeys(names):
        try:
            found.append(backend(name))
        except UnknownTargetError:
            known = target_names()
            hint = did_you_mean(name, known, f"targets: {', '.join(known)}")
            if "," in name:
                hint = "give the option once for each: -t torch -t keras"
            raise click.BadParameter(
                f"there is no target '{name}'; {hint}", param_hint="'--target'"
            ) from None
        except BrokenTargetError as error:
            raise click.BadParameter(
                f"target '{name}': {error}", param_hint="'--target'"
            ) from error
    return found


def wanted(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what of a source is wanted; the command gets a Choice, ``wanted``."""

    @wraps(command)
    def run(
        network: str | None, settings: tuple[str, ...], max_steps: int, max_depth: int, **rest: Any
    ) -> None:
        command(wanted=choice(network, settings, max_steps, max_depth), **rest)

    return _network(_settings(_max_steps(_max_depth(run))))


def choice(network: str | None, settings: Sequence[str], max_steps: int, max_depth: int) -> Choice:
    """What of the sources is wanted; a usage error where a setting cannot be read."""
    arguments: list[ast.Argument] = []
    for setting in settings:
        read, found = parse_settings(Source("--set", setting))
        if found:
            raise click.BadParameter(f"cannot be read\n{full(found[0])}", param_hint="'--set'")
        if not read:
            raise click.BadParameter("is empty; write NAME=VALUE", param_hint="'--set'")
        arguments += read
    # A level of the source takes several calls of Python's, in each part of the compiler.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000 + CALLS_PER_LEVEL * max_depth))
    return Choice(network, tuple(arguments), max_steps, max_depth)
