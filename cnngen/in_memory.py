"""Modules that are made of generated text, not read from a file."""

from __future__ import annotations

import itertools
import linecache
import sys
from types import ModuleType

_NUMBER = itertools.count()


def module_of(text: str, name: str) -> ModuleType:
    """The module whose source is ``text``, imported as if from a file.

    It is known by a name of its own, which begins with ``name``: frameworks look up classes by
    their modules. Tracebacks and ``inspect`` show its lines.
    """
    module = ModuleType(f"{name}_{next(_NUMBER)}")
    place = f"<{module.__name__}>"
    module.__file__ = place
    sys.modules[module.__name__] = module
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    try:
        # The text is our own output.
        exec(compile(text, place, "exec"), module.__dict__)
    except BaseException:
        forget(module.__name__)
        raise
    return module


def forget(name: str) -> None:
    """Let go of a module that was made."""
    sys.modules.pop(name, None)
    linecache.cache.pop(f"<{name}>", None)
