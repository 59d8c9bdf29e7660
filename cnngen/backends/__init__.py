"""The targets. A backend is found by the entry point group ``cnngen.backends``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from cnngen.backends.base import Backend

BUILT_IN = {
    "torch": "cnngen.backends.torch",
    "keras": "cnngen.backends.keras",
}
"""Our own, looked up without reading the metadata of every installed package, which takes longer
than a compile does."""


class UnknownTargetError(LookupError):
    """There is no backend of this name."""


class BrokenTargetError(Exception):
    """A plug-in has the backend, but it cannot be loaded; the message says why."""


def backend(name: str) -> Backend:
    """The backend called ``name``.

    Raises:
        UnknownTargetError: there is none.
        BrokenTargetError: it belongs to a plug-in that cannot be imported.
    """
    if name in BUILT_IN:
        found: Backend = import_module(BUILT_IN[name]).BACKEND
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group="cnngen.backends", name=name):
        return _plug_in(entry)
    raise UnknownTargetError(name)


def _plug_in(entry: EntryPoint) -> Backend:
    try:
        plug_in: Backend = entry.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise BrokenTargetError(f"{entry.value} cannot be loaded: {reason}") from error
    return plug_in


def target_names() -> list[str]:
    """Every target that is installed."""
    from importlib.metadata import entry_points

    return sorted({*BUILT_IN, *entry_points(group="cnngen.backends").names})
