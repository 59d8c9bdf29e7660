"""The table of rules, which the files in ``rules/`` fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rule = Callable[..., None]
"""Takes the site, and the function's own arguments."""

FUNCTIONS: dict[str, Rule] = {}
"""The rules by plain names."""


def function(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule for the functions of these names, once for each."""

    def register(rule: Rule) -> Rule:
        for name in names:
            if name in FUNCTIONS:
                raise ValueError(f"`{name}` has a rule already")
            FUNCTIONS[name] = rule
        return rule

    return register


def per_axis(value: Any, axes: int) -> tuple[int, ...]:
    """One number for each axis, of one for all or of as many."""
    parts = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    return tuple(int(part) for part in (parts * axes if len(parts) == 1 else parts))
