"""The frameworks that the user's own code has imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnngen.frameworks import Framework


def imported() -> tuple[list[Framework], str]:
    """Those that are there, and what is missing to run others."""
    from cnngen.frameworks import RUNNERS, MissingFrameworkError, framework

    found, missing = [], ""
    for target in RUNNERS:
        if target in sys.modules:
            try:
                found.append(framework(target))
            except MissingFrameworkError as error:
                missing = str(error)
    return found, missing


def framework_of(thing: object, frameworks: list[Framework]) -> Framework | None:
    """The framework whose model this is."""
    return next((of for of in frameworks if of.recognises(thing)), None)
