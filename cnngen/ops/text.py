"""Ops and values as the language writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnngen.ops.base import Op, parameters
from cnngen.ops.shapes import MOST_AXES

DETAILS = ("bias", "init")
"""Parameters that say how a layer is trained, or that its weights say as well."""

WRITTEN_OUT = ("kernel", "shape")
"""Parameters whose sizes are written one by one, where they are equal too."""


def op_text(op: Op) -> str:
    """A layer with the arguments that are no defaults: ``conv 64 7x7 stride=2 pad=3``."""
    known = parameters(type(op)).values()
    defaults = {each.name: each.default for each in known if not each.required}
    if defaults.get("stride", ...) is None and op.stride is not None:  # type: ignore[attr-defined]
        defaults["stride"] = op.kernel  # type: ignore[attr-defined]
    values = {each.name: getattr(op, each.name) for each in known if each.name not in DETAILS}
    return used(op.word, values, defaults, [each.name for each in known if each.positional])


def used(
    word: str,
    values: Mapping[str, Any],
    defaults: Mapping[str, Any],
    positional: Sequence[str],
) -> str:
    """A use of a layer or block: values in their place as long as none before is left out."""
    words, skipped = [word], False
    for name, value in values.items():
        if name in defaults and plain(value) == plain(defaults[name]):
            skipped = True
        elif name in positional and not skipped:
            text = size_text(value) if name in WRITTEN_OUT else value_text(value)
            words.append(f"({text})" if text.startswith("-") else text)
        else:
            words.append(f"{name}={value_text(value)}")
    return " ".join(words)


def plain(value: Any) -> Any:
    """A number in place of the same number for each axis."""
    if isinstance(value, tuple) and value and len(set(value)) == 1 and type(value[0]) is int:
        return value[0]
    return value


def value_text(value: Any) -> str:
    """A value: numbers for axes as a size, other tuples as a list."""
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).replace("e-0", "e-")
    is_size = isinstance(value, tuple) and len(value) <= MOST_AXES
    if isinstance(value, tuple) and not (is_size and all(type(each) is int for each in value)):
        return f"[{', '.join(map(value_text, value))}]"
    return size_text(value)


def size_text(value: Any) -> str:
    """A size of several numbers, also where they are equal: a window is 3x3, as papers have it."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
