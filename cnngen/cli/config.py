"""``[tool.cnngen]`` in ``pyproject.toml``: what a project compiles, said once.

It is looked for in the current folder and upwards, as far as the repository goes. Its paths start
at its own folder. What the command line says wins.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from cnngen.cli.patterns import is_pattern, sources_of
from cnngen.cli.toml_place import place_of, place_said
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes, did_you_mean, listed
from cnngen.diagnostics.codes import begins_warning, warnings
from cnngen.files import LARGEST_SOURCE
from cnngen.record import NamedTuple
from cnngen.source import Source

FILE = "pyproject.toml"
TABLE = "tool.cnngen"

REPOSITORY = ".git"
"""What stands in the folder above which no configuration is looked for."""

COLUMNS_ARE_FIXED = "generated code is 88 columns wide, its helpers too; there is no other width"


T = TypeVar("T")
D = TypeVar("D")


class Lint(NamedTuple):
    """Codes of warnings, or how they begin: those that are wanted, and those that are not."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Config(NamedTuple):
    """What a project says; empty where it says nothing.

    Attributes:
        path: the file, seen from the current folder; empty where there is none.
        sources: files, folders and patterns, from the file's folder.
        targets: names of targets.
        output: the folder of each target, from the file's folder; under ``""`` that of the others.
        networks: the one network that is wanted of a source, by its path from the file's folder.
        settings: values of parameters as they are written after ``--set``, by source.
        lint: which warnings are wanted.
    """

    path: str = ""
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    output: Mapping[str, str] = {}
    networks: Mapping[str, str] = {}
    settings: Mapping[str, tuple[str, ...]] = {}
    lint: Lint = Lint()

    def files(self) -> list[str]:
        """All sources, seen from the current folder, sorted and each once.

        Raises:
            DiagnosticError: an entry of ``sources`` names nothing.
        """
        found: dict[str, str] = {}
        for entry in self.sources:
            paths = sources_of(self.located(entry), os.path.dirname(self.path) or os.curdir)
            if not paths:
                why = "names no source" if is_pattern(entry) else "is not there"
                message = f"`{entry}` of `sources` {why}"
                raise _wrong(_again(self.path), message, "paths start at its folder", "sources")
            found.update((os.path.realpath(path), path) for path in paths)
        return list(found.values())

    def located(self, path: str) -> str:
        """A path of the configuration, seen from the current folder."""
        return os.path.normpath(os.path.join(os.path.dirname(self.path), path))

    def folder(self, target: str) -> str | None:
        """Where the files of a target go; None where nothing is said."""
        said = self.output.get(target, self.output.get(""))
        return None if said is None else self.located(said)

    def network(self, source: str) -> str | None:
        """The network that is wanted of a source; None for all of them."""
        return self._of(source, self.networks, None)

    def settings_of(self, source: str) -> tuple[str, ...]:
        """Values for a source's parameters, as they are written after ``--set``."""
        return self._of(source, self.settings, ())

    def _of(self, source: str, said: Mapping[str, T], otherwise: D) -> T | D:
        real = os.path.realpath(source)
        named = (key for key in said if os.path.realpath(self.located(key)) == real)
        return next((said[key] for key in named), otherwise)


Read = Callable[[str], bytes | None]
"""Gives what is in a file; None where there is none."""


def load() -> Config:
    """The configuration that holds in the current folder; an empty one where there is none.

    Raises:
        DiagnosticError: it cannot be read, or says what cannot be.
    """
    config = found_by(_on_disk)
    for key in ("networks", "settings"):
        for source in getattr(config, key):
            if not os.path.isfile(config.located(source)):
                hint = f'write it as in `[{TABLE}.{key}]` and `"nets/resnet.cnn" = ...`'
                message = f"`{source}` of `{key}` is no file"
                raise _wrong(_again(config.path), message, hint, key, source)
    return config


def found_by(read: Read) -> Config:
    """The configuration as ``read`` has it, such as that of an earlier version.

    Raises:
        DiagnosticError: it cannot be read, or says what cannot be.
    """
    for path in _candidates():
        data = read(path)
        table = None if data is None else _table(path, data)
        if table is not None:
            return _read(*table)
    return Config()


def _on_disk(path: str) -> bytes | None:
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_SOURCE + 1)
    except OSError as error:
        raise _wrong(Source(path, ""), (error.strerror or str(error)).lower()) from error


def _candidates() -> Iterator[str]:
    """Where ``pyproject.toml`` may be, from the current folder upwards, seen from there."""
    try:
        folder, here = "", os.getcwd()
    except OSError:  # it was deleted
        return
    while True:
        yield os.path.join(folder, FILE)
        parent = os.path.dirname(here)
        if parent == here or os.path.exists(os.path.join(here, REPOSITORY)):
            return
        folder, here = os.path.join(folder, os.pardir), parent


def _again(path: str) -> Source:
    """The text of a file that has been read, to show a place of it."""
    return Source(path, (_on_disk(path) or b"").decode("utf-8", "replace"))


def _table(path: str, data: bytes) -> tuple[Source, dict[str, Any]] | None:
    """What the file says of cnngen, and its text; None where it says nothing."""
    if b"cnngen" not in data:  # as most of them, which need not be parsed
        return None
    source = Source(path, data[:LARGEST_SOURCE].decode("utf-8", "replace"))
    if len(data) > LARGEST_SOURCE:
        raise _wrong(source, f"the file is larger than {LARGEST_SOURCE // 2**20} MiB")
    import tomllib

    try:
        tools = tomllib.loads(data.decode("utf-8")).get("tool", {})
    except (ValueError, RecursionError) as error:  # not TOML, or not UTF-8
        wrong = _wrong(source, f"this is not TOML: {error}").diagnostic
        raise DiagnosticError(wrong._replace(span=place_said(source, str(error)))) from error
    if not isinstance(tools, dict) or "cnngen" not in tools:
        return None
    if not isinstance(tools["cnngen"], dict):
        raise _wrong(source, f"`{TABLE}` is no table", f"write `[{TABLE}]`")
    return source, tools["cnngen"]


def _read(source: Source, table: dict[str, Any]) -> Config:
    read = _Reader(source, ())
    if "line-length" in table:
        message = f"`[{TABLE}]` has no key `line-length`"
        raise _wrong(source, message, COLUMNS_ARE_FIXED, "line-length")
    read.keys(table, ("sources", "targets", "output", "networks", "settings", "lint"))
    lint = read.table(table, "lint")
    of_lint = _Reader(source, ("lint",))
    of_lint.keys(lint, Lint._fields)
    networks = read.table(table, "networks")
    settings = read.table(table, "settings")
    return Config(
        source.path,
        read.strings(table, "sources"),
        read.strings(table, "targets"),
        _output(read, table),
        {key: read.string(("networks", key), value) for key, value in networks.items()},
        {key: _settings(read, key, value) for key, value in settings.items()},
        Lint(of_lint.codes(lint, "select"), of_lint.codes(lint, "ignore")),
    )


Keys = tuple[str, ...]
"""The names of a value, from the tables around it to its own."""


class _Reader:
    """Reads values of a table and says what is wrong with them."""

    def __init__(self, source: Source, within: Keys) -> None:
        self.source = source
        self.within = within

    def keys(self, table: Mapping[str, Any], known: Sequence[str]) -> None:
        """Each key must be a known one."""
        for key in table:
            if key not in known:
                where = f"[{'.'.join((TABLE, *self.within))}]"
                hint = did_you_mean(key, known, f"it may have {listed(known)}")
                message = f"`{where}` has no key `{key}`"
                raise _wrong(self.source, message, hint, *self.within, key)

    def table(self, table: Mapping[str, Any], key: str) -> dict[str, Any]:
        """A table in the table; empty where it is not there."""
        value = table.get(key, {})
        if not isinstance(value, dict):
            written = ".".join((TABLE, *self.within, key))
            raise self.wrong((key,), "a table", f"write `[{written}]`")
        return value

    def strings(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """A list of strings; empty where it is not there."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            hint = f'write `{key} = ["{value}"]`' if isinstance(value, str) else ""
            raise self.wrong((key,), "a list of strings", hint)
        return tuple(self.string((key,), each) for each in value)

    def string(self, keys: Keys, value: object) -> str:
        """A string that can be a path or a name."""
        if not isinstance(value, str) or not value or "\0" in value:
            raise self.wrong(keys, "a string that is not empty")
        return value

    def codes(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """A list of codes, or of what several begin with."""
        found = tuple(each.upper() for each in self.strings(table, key))
        for each in found:
            if not begins_warning(each):
                hint = did_you_mean(each, warnings(), "`cnngen explain` lists them all")
                keys = (*self.within, key)
                message = f"`{'.'.join(keys)}`: no warning or note begins with `{each}`"
                raise _wrong(self.source, message, hint, *keys)
        return found

    def wrong(self, keys: Keys, expected: str, hint: str = "") -> DiagnosticError:
        """The value of a key is not what it must be."""
        keys = (*self.within, *keys)
        return _wrong(self.source, f"`{'.'.join(keys)}` must be {expected}", hint, *keys)


def _output(read: _Reader, table: Mapping[str, Any]) -> dict[str, str]:
    value = table.get("output", {})
    if isinstance(value, dict):
        return {key: read.string(("output", key), folder) for key, folder in value.items()}
    if isinstance(value, str):
        return {"": read.string(("output",), value)}
    hint = 'write `output = "models"`, or `output = { torch = "models/torch" }`'
    raise read.wrong(("output",), "a folder, or a table of folders by target", hint)


def _settings(read: _Reader, source: str, value: object) -> tuple[str, ...]:
    keys = ("settings", source)
    if not isinstance(value, dict):
        hint = f'write `[{TABLE}.settings."nets/vgg.cnn"]` and, below, `classes = 10`'
        raise read.wrong(keys, "a table of values by parameter", hint)
    return tuple(f"{name}={_text(read, (*keys, name), v)}" for name, v in value.items())


def _text(read: _Reader, keys: Keys, value: object) -> str:
    """A value as a source has it; a string is an expression."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        with contextlib.suppress(ValueError):  # more digits than Python writes
            return repr(value)
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list):
        return f"[{', '.join(_text(read, keys, each) for each in value)}]"
    raise read.wrong(keys, "a number, true or false, an expression in quotes, or a list of these")


def _wrong(source: Source, message: str, hint: str = "", *keys: str) -> DiagnosticError:
    """What is wrong in a file; the key is shown, or the table that it would stand in."""
    place = place_of(source, (*TABLE.split("."), *keys))
    return DiagnosticError(
        Diagnostic(codes.CONFIGURATION, message, place, path=source.path, hint=hint)
    )
