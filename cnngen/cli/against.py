"""The user's own model, which ``cnngen verify --against MODULE:NAME`` compares with."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from cnngen.ir import Network

if TYPE_CHECKING:
    from cnngen.frameworks import Framework
    from cnngen.verification import Match, Subject


class Own:
    """The model at ``MODULE:NAME``, or what it gives when called; a usage error where none is.

    The module is imported from the current folder, or from a file where it ends in ``.py``: it is
    the user's own code, and runs.
    """

    def __init__(self, place: str, dtype: str) -> None:
        module, _, name = place.rpartition(":")
        if not module or not name:
            raise _bad(f"'{place}' is not MODULE:NAME, such as models.lenet:LeNet5")
        self.place = place
        self.dtype = dtype
        found = _attribute(_module(module), name)
        self.framework, self.model = _model(found, name, dtype)

    def subject(self, network: Network) -> tuple[Subject, list[Match]]:
        """The model with the network's weights found in it; a usage error where they are not."""
        from cnngen.frameworks import UnfitModelError, shapes
        from cnngen.verification import MismatchError, Subject, match

        of = self.framework
        try:
            matches = match(shapes(of.target, network), of.arrays(self.model))
            names = {found.generated: found.own for found in matches}
            return Subject(of, of.adopt(self.model, network, self.dtype, names)), matches
        except MismatchError as error:
            raise _bad(f"its weights are not those of {network.name}:\n{error}") from error
        except UnfitModelError as error:
            raise _bad(str(error)) from error

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """What goes wrong is the user's model's doing: the generated ones have been run."""
        try:
            yield
        except Exception as error:
            raise _bad(f"{self.place} cannot be compared: {_reason(error)}") from error


def _model(found: Any, name: str, dtype: str) -> tuple[Framework, Any]:
    """A model as it is, or made, and the framework it is of."""
    from cnngen.frameworks import RUNNERS, framework

    frameworks = [framework(target) for target in RUNNERS if target in sys.modules]
    of = _framework_of(found, frameworks)
    if of is None and callable(found):
        found = _called(found, name, frameworks, dtype)
        of = _framework_of(found, frameworks)
    if of is None:
        kind = type(found).__name__
        raise _bad(f"{name} is no model of {' or '.join(RUNNERS)}, but of type {kind}")
    return of, found


def _module(name: str) -> ModuleType:
    sys.path.insert(0, os.getcwd())
    try:
        if not name.endswith(".py"):
            return importlib.import_module(name)
        stem = os.path.splitext(os.path.basename(name))[0]
        spec = importlib.util.spec_from_file_location(stem, name)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[stem] = module
        return module
    except Exception as error:  # whatever the user's own code raises
        raise _bad(f"{name} cannot be imported: {_reason(error)}") from error


def _attribute(module: ModuleType, name: str) -> Any:
    try:
        return getattr(module, name)
    except AttributeError:
        raise _bad(f"there is no {name} in {module.__name__}") from None


def _framework_of(thing: object, frameworks: list[Framework]) -> Framework | None:
    return next((of for of in frameworks if of.recognises(thing)), None)


def _called(make: Any, name: str, frameworks: list[Framework], dtype: str) -> Any:
    with ExitStack() as stack:
        for of in frameworks:
            stack.enter_context(of.floats(dtype))
        try:
            return make()
        except Exception as error:  # whatever the user's own code raises
            raise _bad(f"{name}() failed: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _bad(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="'--against'")
