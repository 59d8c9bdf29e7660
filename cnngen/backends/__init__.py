"""The targets. A backend is found by the entry point group ``cnngen.backends``."""

from __future__ import annotations

from importlib import import_module

from cnngen.backends.base import Backend

BUILT_IN = {
    "torch": "cnngen.backends.torch",
    "keras": "cnngen.backends.keras",
}
"""Our own, looked up without reading the metadata of every installed package, which takes longer
than a compile does."""


class UnknownTarget(LookupError):
    """There is no backend of this name."""


def backend(name: str) -> Backend:
    """The backend called ``name``."""
    if name in BUILT_IN:
        found: Backend = import_module(BUILT_IN[name]).BACKEND
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group="cnngen.backends", name=name):
        found = entry.load()
        return found
    raise UnknownTarget(name)


def target_names() -> list[str]:
    """Every target that is installed."""
    from importlib.metadata import entry_points

    return sorted({*BUILT_IN, *entry_points(group="cnngen.backends").names})
