"""What is known of a model or a layer that holds others."""

from __future__ import annotations

import inspect
from typing import Any

from cnngen.lifting.traced import Module


def module_of(operation: Any) -> Module:
    """A nested model, or a layer of the user's own."""
    kind = type(operation)
    if kind.__module__.startswith("keras."):
        name = operation.name.rstrip("0123456789").rstrip("_") or operation.name
        return Module(name, f"keras {name}")
    identity = f"{kind.__module__}.{kind.__qualname__}"
    return Module(kind.__name__, identity, _arguments(operation))


def _arguments(operation: Any) -> dict[str, Any]:
    """What it was made with, as Keras keeps it, or as attributes have it."""
    kept = getattr(getattr(operation, "_auto_config", None), "config", None) or {}
    missing = object()
    found = {}
    for name in inspect.signature(type(operation).__init__).parameters:
        value = kept.get(name, getattr(operation, name, missing))
        if name not in OWN and _is_plain(value):
            found[name] = value
    return found


OWN = frozenset({"self", "name", "dtype", "trainable"})
"""What every layer is made with."""


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return isinstance(value, (bool, int, float, str))
