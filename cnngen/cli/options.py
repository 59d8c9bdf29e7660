"""Options that commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from cnngen import files
from cnngen.backends import BrokenTargetError, UnknownTargetError, backend, target_names
from cnngen.choice import MOST_LEVELS, MOST_STEPS, PURPOSES, Choice
from cnngen.cli import completion
from cnngen.cli.config import FILE, TABLE, Config
from cnngen.diagnostics import did_you_mean
from cnngen.diagnostics.render import full, one_line
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse_settings

if TYPE_CHECKING:
    from cnngen.backends.base import Backend

DEEPEST = 1_000
"""What ``--max-depth`` can be raised to: more would not fit on Python's stack."""

CALLS_PER_LEVEL = 20

TARGET_HINT = f"give `-t torch`, or `targets` in `[{TABLE}]` of {FILE}"
"""What to do where no target is known."""

sources = click.argument(
    "sources",
    nargs=-1,
    metavar="[FILE|FOLDER]...",
    shell_complete=completion.source_files,
)
"""Files and folders; where none is given, :func:`sources_or_configured` asks the project."""
batch = click.option(
    "--batch",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="The inputs that the memory is worked out for.",
)
_network = click.option(
    "--network",
    metavar="NAME",
    help="Only this network of the file.",
    shell_complete=completion.networks,
)
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


def form_option(
    help: str,  # noqa: A002
    default: str | None = PURPOSES[0],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """``--for`` and ``--passes``: the command's Choice, ``wanted``, has the form that they say."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(wanted: Choice, purpose: str | None, passes: frozenset[str], **rest: Any) -> None:
            for_inference = None if purpose is None else purpose == "inference"
            if passes and not for_inference:
                raise click.UsageError("--passes says what --for inference does: give both")
            command(wanted=wanted._replace(for_inference=for_inference, passes=passes), **rest)

        return click.option(
            "--for",
            "purpose",
            type=click.Choice(PURPOSES),
            default=default,
            show_default=True,
            help=help,
        )(_passes(run))

    return decorate


def _read_passes(_: click.Context, param: click.Parameter, given: str | None) -> frozenset[str]:
    """The passes that a list names."""
    if given is None:
        return frozenset()
    from cnngen.passes.inference import passes_named

    try:
        return passes_named(name.strip() for name in given.split(","))
    except ValueError as error:
        raise click.BadParameter(one_line(str(error)), param=param) from None


_passes = click.option(
    "--passes",
    metavar="NAME,NAME",
    callback=_read_passes,
    shell_complete=completion.passes,
    help="With --for inference, these passes alone, such as fold-norms.",
)


def sources_or_configured(given: Sequence[str], config: Config) -> list[str]:
    """The sources of a command, each once: those given, or else those of the project.

    A folder stands for all sources in it and below. A usage error where there are none.

    Raises:
        DiagnosticError: the project names sources that are not there.
    """
    if not given and not config.sources:
        raise click.UsageError(
            f"no files are given, and no `sources` in `[{TABLE}]` of {config.path or FILE}"
        )
    return list(dict.fromkeys(path for each in given for path in _within(each))) or config.files()


def _within(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    found = files.sources_below(path)
    if not found:
        raise click.UsageError(one_line(f"there is no *{files.SUFFIX} in the folder '{path}'"))
    return found


def of_project(wanted: Choice, config: Config, source: str) -> Choice:
    """What is wanted of a source: what the command line says, and for the rest the project."""
    given = {argument.name.name for argument in wanted.settings}
    said = _arguments(config.settings_of(source), f"settings in {config.path}")
    added = tuple(argument for argument in said if argument.name.name not in given)
    network = config.network(source) if wanted.network is None else wanted.network
    return wanted._replace(network=network, settings=(*added, *wanted.settings))


def configured_targets(given: Sequence[str], config: Config) -> list[Backend]:
    """The backends that are asked for, or those of the project; none where neither says any."""
    if given:
        return backends(given)
    return backends(config.targets, f"`targets` in {config.path}")


def backends(names: Sequence[str], origin: str = "'--target'") -> list[Backend]:
    """The backends of these names, each once; a usage error where one is unknown.

    Args:
        names: names of targets.
        origin: where they were given.
    """
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
                f"there is no target '{name}'; {hint}", param_hint=origin
            ) from None
        except BrokenTargetError as error:
            raise click.BadParameter(f"target '{name}': {error}", param_hint=origin) from error
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
    arguments = _arguments(settings)
    # A level of the source takes several calls of Python's, in each part of the compiler.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000 + CALLS_PER_LEVEL * max_depth))
    return Choice(network, arguments, max_steps, max_depth)


def _arguments(settings: Sequence[str], origin: str = "--set") -> tuple[ast.Argument, ...]:
    arguments: list[ast.Argument] = []
    for setting in settings:
        read, found = parse_settings(Source(origin, setting))
        if found:
            raise click.BadParameter(f"cannot be read\n{full(found[0])}", param_hint=f"'{origin}'")
        if not read:
            raise click.BadParameter("is empty; write NAME=VALUE", param_hint=f"'{origin}'")
        arguments += read
    return tuple(arguments)
