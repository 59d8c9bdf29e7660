"""What is written in a drawing: layers and uses of blocks in the words of the source."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from cnngen.ir import Instance
from cnngen.ops import Op, parameters
from cnngen.ops.base import Parameter
from cnngen.ops.shapes import by

LEFT_OUT = frozenset({"bias", "init"})
"""Parameters that change nothing that a picture shows."""

LONGEST = 48
"""Characters of a text: a name in a source may be as long as the file."""

TIMES = "\N{MULTIPLICATION SIGN}"


def layer(op: Op, *, short: bool = False) -> str:
    """A layer with the arguments that are no defaults: ``conv 64 7x7 stride=2 pad=3``.

    ``short`` leaves out those with a name: of a norm or an activation, its word says enough.
    """
    words = [op.word]
    in_order = True
    for parameter in parameters(type(op)).values():
        value = getattr(op, parameter.name)
        if parameter.name in LEFT_OUT or _is_default(op, parameter, value):
            in_order = False
        elif parameter.positional and in_order:
            words.append(_value(value, window=parameter.name == "kernel"))
        elif not short:
            words.append(f"{parameter.name}={_value(value)}")
    return clipped(" ".join(words))


def _is_default(op: Op, parameter: Parameter, value: object) -> bool:
    """Whether a source need not say it; a stride that nobody gives is the window."""
    if parameter.required:
        return False
    if parameter.default is None and parameter.name == "stride":
        return value in (None, getattr(op, "kernel", None))
    if isinstance(value, tuple) and isinstance(parameter.default, tuple):
        return {*value} == {*parameter.default[:1]}  # of any number of axes
    return bool(value == parameter.default)


def use(uses: Sequence[Instance]) -> str:
    """A block with its arguments; those that differ between uses are left out."""
    first = uses[0]
    defaults = {each.name: each.default for each in first.block.parameters}
    alike = {
        name: value
        for name, value in first.arguments.items()
        if all(each.arguments.get(name) == value for each in uses)
    }
    words = [first.block.name, *_arguments(alike, defaults)]
    return clipped(" ".join(words))


def _arguments(values: Mapping[str, object], defaults: Mapping[str, object]) -> list[str]:
    """Those that must be given as they come, the others by their names where they differ."""
    found = []
    for name, value in values.items():
        default = defaults.get(name)
        if default is None:
            found.append(_value(value))
        elif value != default:
            found.append(f"{name}={_value(value)}")
    return found


def _value(value: object, *, window: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple) and value and all(type(each) is int for each in value):
        return str(value[0]) if len({*value}) == 1 and not window else by(value)
    return clipped(str(value), 16)


def clipped(text: str, most: int = LONGEST) -> str:
    """The text on one line, its end left out where it is very long."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= most else text[: most - 3] + "..."


def times(count: int) -> str:
    """``x 3``, or nothing for one."""
    return f"{TIMES} {count}" if count > 1 else ""


def width(text: str, size: float) -> float:
    """The room that a text needs at a font size, in the same unit, whatever sans-serif draws it.

    Wider than it is in most fonts: a picture does not know which one a reader has.
    """
    return sum(_em(character) for character in text) * size


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.1
    if character in "mwMW%@":
        return 0.95
    return 0.36 if character in "iljtfr.,:;|!'()[] " else 0.64
