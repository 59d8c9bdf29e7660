"""The user's own Python: modules that are imported by name or from a file, and run."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import ModuleType
from typing import Any, NoReturn

import click

from cnngen.cli.requirements import TroubleError
from cnngen.diagnostics import did_you_mean
from cnngen.record import NamedTuple

PREFIX = "own_"
"""Of the names of modules that are imported from a file."""


class UserCode(NamedTuple):
    """Code that a command runs; ``option`` begins what is said of its mistakes."""

    option: str
    debug: bool

    def attribute(self, place: str) -> tuple[Any, str]:
        """What is at ``MODULE:NAME``, and its name; a usage error where nothing is.

        The module is imported from the current folder, or from a file where it ends in ``.py``.
        What it prints goes to standard error.
        """
        module, _, name = place.rpartition(":")
        if not module or not name:
            self.refuse(f"'{place}' is not MODULE:NAME, such as models.lenet:LeNet5")
        # The user's module imports a framework, whose models are cycles: see cnngen.frameworks.
        gc.enable()
        with self.blamed(f"{module} cannot be imported"):
            return self._attribute(_module(module), name), name

    def _attribute(self, module: ModuleType, name: str) -> Any:
        found: Any = module
        for part in name.split("."):
            try:
                found = getattr(found, part)
            except AttributeError:
                own = module.__name__.removeprefix(PREFIX)
                hint = did_you_mean(part, [each for each in dir(found) if each[0] != "_"])
                self.refuse(f"there is no {name} in {own}" + (f"; {hint}" if hint else ""))
        return found

    @contextmanager
    def blamed(self, what: str, *passing: type[Exception]) -> Iterator[None]:
        """Whatever the user's code raises, an exit included, is a usage error."""
        try:
            with redirect_stdout(sys.stderr):
                yield
        except (Exception, SystemExit) as error:
            if self.debug or isinstance(error, (click.ClickException, *passing)):
                raise
            raise self._refusal(f"{what}: {type(error).__name__}: {error}") from error

    def refuse(self, message: str) -> NoReturn:
        """End with a usage error."""
        raise self._refusal(message) from None

    def _refusal(self, message: str) -> TroubleError:
        return TroubleError(f"{self.option}: {message}")


def _module(name: str) -> ModuleType:
    sys.path.insert(0, os.getcwd())
    if not name.endswith(".py"):
        return importlib.import_module(name)
    sys.path.insert(0, os.path.dirname(os.path.abspath(name)))
    stem = os.path.splitext(os.path.basename(name))[0]
    # A name of its own: a file may be called as a package is that it needs.
    spec = importlib.util.spec_from_file_location(PREFIX + stem, name)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module
