"""The kinds of value that a layer's parameter takes, each with how it is described and read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from cnngen.expressions import Listed
from cnngen.ops import initial as initials
from cnngen.ops.initial import Initial
from cnngen.ops.shapes import AXES, CHANNELS, POSITIONS
from cnngen.record import NamedTuple

Value = int | float | str | bool | tuple[Any, ...]
"""What an expression evaluates to; a size and a list are tuples."""

PerAxis = tuple[int, ...]
"""A number for each axis of positions."""


LARGEST = 2**31 - 1
"""Of whole numbers, where a parameter has no bound of its own: frameworks keep sizes in 32 bits."""


DIVISORS = (1e-30, 1e30)
"""The least and the largest number that values are divided by: with room in float32."""


class Misfit(Exception):  # noqa: N818 - it says what a value is
    """A value is not of the kind; ``expected`` where more can be said than that of the kind."""

    def __init__(self, expected: str = "") -> None:
        super().__init__(expected)
        self.expected = expected


class Kind(NamedTuple):
    """``expected`` completes "expected ..."; ``words`` are the names it takes as they stand.

    ``type`` is that of its values in generated code; empty where code cannot hold it open, since
    other values are other layers. ``on`` gives the kind for a number of axes, where the values are
    one number for each axis; ``read`` is that for two then. With ``written_out``, it is a
    size that has to be written out: its numbers may stay open, but not how many there are.
    ``literal`` are names that stand for themselves, whatever they mean elsewhere.
    """

    expected: str
    read: Callable[[Value], Any]
    words: tuple[str, ...] = ()
    type: str = ""
    on: Callable[[int], Kind] | None = None
    written_out: bool = False
    literal: tuple[str, ...] = ()

    def on_axes(self, axes: int) -> Kind:
        """The kind for maps of so many axes."""
        return self.on(axes) if self.on is not None and axes in POSITIONS else self


def whole(minimum: int = 1, maximum: int = LARGEST) -> Kind:
    """A whole number."""

    def read(value: Value) -> int:
        if type(value) is int and value >= minimum:
            return _bounded(value, maximum)
        raise Misfit

    return Kind(f"a whole number of at least {minimum}", read, type="int")


def real(low: float, high: float | None = None, *, open_end: bool = False) -> Kind:
    """A number from ``low`` to ``high``; with ``open_end``, above ``low`` or below ``high``."""
    if high is None:
        expected = f"a number greater than {low:g}" if open_end else f"a number of at least {low:g}"
    else:
        expected = f"a number from {low:g} to {'below ' if open_end else ''}{high:g}"

    def read(value: Value) -> float:
        if type(value) not in (int, float):
            raise Misfit
        number = float(value)  # type: ignore[arg-type]
        above = number > low if open_end and high is None else number >= low
        below = high is None or (number < high if open_end else number <= high)
        if not (above and below) or number in (float("inf"), float("-inf")):
            raise Misfit
        return number

    return Kind(expected, read, type="float")


def any_real() -> Kind:
    """A number of either sign."""

    def read(value: Value) -> float:
        if type(value) in (int, float):
            return float(value)  # type: ignore[arg-type]
        raise Misfit

    return Kind("a number", read, type="float")


def reals(low: float | None = None, high: float | None = None) -> Kind:
    """A list of numbers, each from ``low`` to ``high``."""
    one = any_real() if low is None else real(low, high)
    expected = "a list of numbers" if low is None else f"a list of numbers from {low:g} to {high:g}"

    def read(value: Value) -> tuple[float, ...]:
        if not isinstance(value, Listed) or not value:
            raise Misfit
        return tuple(one.read(number) for number in value)

    return Kind(expected, read)


def switch(*words: str) -> Kind:
    """``true`` or ``false``, or one of ``words``."""

    def read(value: Value) -> bool | str:
        if type(value) is bool or (type(value) is str and value in words):
            return value
        raise Misfit

    return Kind("`true` or `false`" + _or_words(words), read, words, "bool")


def word(*words: str) -> Kind:
    """One of ``words``."""

    def read(value: Value) -> str:
        if type(value) is str and value in words:
            return value
        raise Misfit

    return Kind(_either(words), read, words)


def per_axis(minimum: int = 1, *words: str, maximum: int = LARGEST) -> Kind:
    """A number for each axis of positions, or one for all of them, or one of ``words``."""

    @cache
    def on(axes: int) -> Kind:
        names = "x".join(name[0].upper() for name in POSITIONS[axes])
        least = f", at least {minimum}" if minimum else ""
        several = f"a size {names} or one number for all axes" if axes > 1 else "a whole number"
        kind = " | ".join(["int", f"tuple[{', '.join(['int'] * axes)}]"][: min(axes, 2)])
        expected = several + least + _or_words(words)
        return Kind(
            expected, partial(_read_sizes, axes, (minimum, maximum), words), words, kind, on
        )

    return on(2)


def _read_sizes(
    axes: int, bounds: tuple[int, int], words: tuple[str, ...], value: Value
) -> PerAxis | str:
    minimum, maximum = bounds
    if type(value) is int and value >= minimum:
        return (_bounded(value, maximum),) * axes
    if type(value) is str and value in words:
        return value
    if type(value) is tuple and value and all(type(n) is int and n >= minimum for n in value):
        if len(value) == axes:
            _bounded(max(value), maximum)
            return value
        raise Misfit(_one_for_each(POSITIONS[axes]))
    raise Misfit


def _one_for_each(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"one number: the map has a {names[0]} alone"
    return f"{len(names)} numbers ({', '.join(names)}) or one for all axes"


def map_shape() -> Kind:
    """The sizes and the channels of a map."""
    most = max(POSITIONS) + 1

    def read(value: Value) -> tuple[int, ...]:
        if type(value) is int:
            raise Misfit("a map, its sizes and channels; `flatten` makes a vector")
        if type(value) is not tuple or not all(type(n) is int and n >= 1 for n in value):
            raise Misfit
        if not 2 <= len(value) <= most:
            raise Misfit(f"one to {most - 1} sizes, and the channels")
        return tuple(map(_bounded, value))

    return Kind("a shape such as 4x4x64: sizes and channels of a map", read, written_out=True)


def axis() -> Kind:
    """The name of an axis, channels included."""
    names = (*sorted(AXES), CHANNELS)

    def read(value: Value) -> str:
        if type(value) is str and value in names:
            return value
        raise Misfit

    return Kind(_either(names), read, literal=names)


def initial() -> Kind:
    """How a kernel starts: see :mod:`cnngen.ops.initial`."""

    def read(value: Value) -> Initial:
        if isinstance(value, Initial):
            return value
        if type(value) is str and value in initials.WORDS:
            return Initial(value)
        raise Misfit

    return Kind(f"{_either(initials.WORDS)}, or `constant(value)`", read, initials.WORDS)


def _bounded(value: int, maximum: int = LARGEST) -> int:
    if value > maximum:
        raise Misfit(f"at most {maximum:,}")
    return value


def _either(words: tuple[str, ...]) -> str:
    *others, last = (f"`{word}`" for word in words)
    return f"{', '.join(others)} or {last}"


def _or_words(words: tuple[str, ...]) -> str:
    return "".join(f", or `{w}`" for w in words)
