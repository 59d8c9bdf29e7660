"""The user's own model, which ``cnngen verify --against MODULE:NAME`` compares with."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from cnngen.cli.requirements import MissingError, TroubleError
from cnngen.ir import Network

if TYPE_CHECKING:
    from cnngen.frameworks import Framework
    from cnngen.verification import Match, Subject


class Own:
    """The model at ``MODULE:NAME``, or what it gives when called; a usage error where none is.

    The module is imported from the current folder, or from a file where it ends in ``.py``: it is
    the user's own code, and runs. What it prints goes to standard error.
    """

    def __init__(self, place: str, dtype: str, *, debug: bool) -> None:
        module, _, name = place.rpartition(":")
        if not module or not name:
            raise _bad(f"'{place}' is not MODULE:NAME, such as models.lenet:LeNet5")
        self.place = place
        self.dtype = dtype
        self.debug = debug
        # The user's module imports a framework, whose models are cycles: see cnngen.frameworks.
        gc.enable()
        with self._blamed(f"{module} cannot be imported"):
            found = _attribute(_module(module), name)
        with self._blamed(f"{name}() failed"):
            self.framework, self.model = _model(found, name, dtype)

    def subject(self, network: Network, text: str) -> tuple[Subject, list[Match]]:
        """The model with the network's weights found in it; a usage error where they are not.

        Args:
            network: what it is held against.
            text: the module that is generated from the network for the model's framework.
        """
        from cnngen.frameworks import UnfitModelError
        from cnngen.verification import MismatchError, Subject, match

        of, model = self.framework, self.model
        generated = of.arrays(of.made(of.module(text), network, self.dtype))
        try:
            with self._blamed("it cannot be run", UnfitModelError):
                of.try_out(model, network, self.dtype)
                own = of.arrays(model)
            matches = match(generated, own)
        except MismatchError as error:
            raise _bad(f"its weights are not those of {network.name}:\n{error}") from error
        except UnfitModelError as error:
            raise _bad(str(error)) from error
        names = {found.generated: found.own for found in matches}
        return Subject(of, of.adopt(model, network, self.dtype, names)), matches

    @contextmanager
    def blamed(self, *passing: type[Exception]) -> Iterator[None]:
        """What goes wrong while models are compared is told as the doing of this one.

        The generated ones run in every test of cnngen; this one has run once.
        """
        with self._blamed("it cannot be compared", *passing):
            yield

    @contextmanager
    def _blamed(self, what: str, *passing: type[Exception]) -> Iterator[None]:
        """Whatever the user's code raises, an exit included, is a usage error."""
        try:
            with redirect_stdout(sys.stderr):
                yield
        except (Exception, SystemExit) as error:
            if self.debug or isinstance(error, (click.ClickException, *passing)):
                raise
            raise _bad(f"{what}: {type(error).__name__}: {error}") from error


def _model(found: Any, name: str, dtype: str) -> tuple[Framework, Any]:
    """A model as it is, or made, and the framework it is of."""
    frameworks, missing = _imported()
    of = _framework_of(found, frameworks)
    if of is None and callable(found):
        with ExitStack() as stack:
            for each in frameworks:
                stack.enter_context(each.floats(dtype))
            found = found()
        of = _framework_of(found, frameworks)
    if of is None and missing:
        raise MissingError(missing)
    if of is None:
        from cnngen.frameworks import RUNNERS

        kind = type(found).__name__
        raise _bad(f"{name} is no model of {' or '.join(RUNNERS)}, but of type {kind}")
    return of, found


def _imported() -> tuple[list[Framework], str]:
    """The frameworks that the user's module has imported, and what is missing to run others."""
    from cnngen.frameworks import RUNNERS, MissingFrameworkError, framework

    found, missing = [], ""
    for target in RUNNERS:
        if target in sys.modules:
            try:
                found.append(framework(target))
            except MissingFrameworkError as error:
                missing = str(error)
    return found, missing


def _module(name: str) -> ModuleType:
    sys.path.insert(0, os.getcwd())
    if not name.endswith(".py"):
        return importlib.import_module(name)
    sys.path.insert(0, os.path.dirname(os.path.abspath(name)))
    stem = os.path.splitext(os.path.basename(name))[0]
    # A name of its own: a file may be called as a package is that it needs.
    spec = importlib.util.spec_from_file_location(f"own_{stem}", name)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


def _attribute(module: ModuleType, name: str) -> Any:
    try:
        return getattr(module, name)
    except AttributeError:
        raise _bad(f"there is no {name} in {module.__name__.removeprefix('own_')}") from None


def _framework_of(thing: object, frameworks: list[Framework]) -> Framework | None:
    return next((of for of in frameworks if of.recognises(thing)), None)


def _bad(message: str) -> TroubleError:
    return TroubleError(f"--against: {message}")
