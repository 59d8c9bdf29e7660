"""The generated modules that were made to be compared, until they are let go of."""

from __future__ import annotations

from types import ModuleType

from cnngen import in_memory

_MADE: list[str] = []


def module_of(text: str, target: str) -> ModuleType:
    """The module whose source is ``text``; see :func:`cnngen.in_memory.module_of`."""
    module = in_memory.module_of(text, f"cnngen_generated_{target}")
    _MADE.append(module.__name__)
    return module


def forget() -> None:
    """Let go of all modules that were made."""
    while _MADE:
        in_memory.forget(_MADE.pop())
