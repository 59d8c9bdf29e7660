"""The frameworks, which run what is generated: each an optional package, imported on demand."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from cnngen.frameworks import (
    environment,  # noqa: F401 - before a framework is imported
    modules,
)
from cnngen.frameworks.base import (
    Adam,
    Curve,
    Framework,
    Key,
    Loss,
    Model,
    Move,
    Optimiser,
    Owned,
    Sgd,
    Step,
    UnfitModelError,
    Weights,
)
from cnngen.frameworks.layout import (
    Arrays,
    as_applied,
    by_path,
    from_keys,
    names_by_layer,
    places,
    shapes,
    shapes_of_layers,
    to_keys,
    variables,
)
from cnngen.frameworks.memory import give_back
from cnngen.frameworks.outputs import names_of
from cnngen.ir import MAIN
from cnngen.reference import Seen

__all__ = [
    "BY_PLACE",
    "MAIN",
    "RUNNERS",
    "Adam",
    "Arrays",
    "Curve",
    "Framework",
    "Key",
    "Loss",
    "MissingFrameworkError",
    "Model",
    "Move",
    "NoFrameworkError",
    "Optimiser",
    "Owned",
    "Seen",
    "Sgd",
    "Step",
    "UnfitModelError",
    "Weights",
    "as_applied",
    "by_path",
    "framework",
    "from_keys",
    "give_back",
    "names_by_layer",
    "names_of",
    "places",
    "release",
    "require",
    "shapes",
    "shapes_of_layers",
    "to_keys",
    "variables",
]

RUNNERS = {
    "torch": ("cnngen.frameworks.torch", ("torch",)),
    "keras": ("cnngen.frameworks.keras", ("keras", "tensorflow")),
}
"""By target: the module here, and the packages that it needs."""

BY_PLACE = ("keras",)
"""Targets whose own files find a layer by its class and its place among those of the class."""


class NoFrameworkError(LookupError):
    """Nothing here runs this target's modules."""


class MissingFrameworkError(ImportError):
    """A package is not installed; the message names it and the extra that brings it."""


def require(packages: Sequence[str], extra: str, why: str = "") -> None:
    """See that packages are there; ``why`` ends what is said where they are not.

    Raises:
        MissingFrameworkError: one is not installed.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingFrameworkError(
            f"{' and '.join(missing)} {verb} not installed{why}: `pip install 'cnngen[{extra}]'`"
        )


def framework(target: str) -> Framework:
    """What runs the modules of a target.

    Raises:
        NoFrameworkError: nothing does.
        MissingFrameworkError: a package that it needs is not installed.
    """
    if target not in RUNNERS:
        raise NoFrameworkError(target)
    module, packages = RUNNERS[target]
    require(packages, target)
    found: Framework = import_module(module).FRAMEWORK
    # The command line compiles without looking for cycles. Models are cycles, and large.
    gc.enable()
    return found


def release() -> None:
    """Free the models that are no longer used, and the modules that made them.

    Modules of generated code, and models that were made by them, are not to be used afterwards.
    """
    modules.forget()
    for module, _ in RUNNERS.values():
        if module in sys.modules:
            sys.modules[module].FRAMEWORK.release()
    gc.collect()
