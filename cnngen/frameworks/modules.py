"""A generated module in memory."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType

_NUMBER = itertools.count()

_MADE: list[str] = []


def module_of(text: str, target: str) -> ModuleType:
    """The module whose source is ``text``, imported as if from a file.

    It is known by a name of its own, since frameworks look up classes by their modules.
    """
    module = ModuleType(f"cnngen_generated_{next(_NUMBER)}_{target}")
    sys.modules[module.__name__] = module
    _MADE.append(module.__name__)
    try:
        # The text is our own output.
        exec(compile(text, f"<{module.__name__}>", "exec"), module.__dict__)
    except BaseException:
        del sys.modules[module.__name__]
        raise
    return module


def forget() -> None:
    """Let go of all modules that were made."""
    while _MADE:
        sys.modules.pop(_MADE.pop(), None)
