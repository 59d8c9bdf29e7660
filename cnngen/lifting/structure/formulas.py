"""What numbers of several uses of one block have in common: formulas of parameters and channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cnngen.record import NamedTuple

Column = tuple[Any, ...]
"""One value for each use of a block."""

FACTORS = range(2, 9)
"""By what a width may be a multiple, or a part, of another; reductions go further."""

REDUCTIONS = (*FACTORS, 12, 16, 24, 32, 48, 64)


GEOMETRY = frozenset(["stride", "dilation", "kernel", "kernel_size", "padding", "groups"])
"""Parameters that no width is a multiple of, but by accident."""


class Absent:
    """Stands for the arguments of what a use does not have."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


class Columns(NamedTuple):
    """What a formula may be of.

    ``own`` are the parameters that the block has already, ``made`` what the modules were
    constructed with; ``channels`` come into the layer, ``entry`` into the block.
    """

    own: dict[str, Column]
    made: dict[str, Column]
    channels: Column
    entry: Column


class Found(NamedTuple):
    """A formula, and the parameter that it reads."""

    text: str
    parameter: str = ""


def formula(column: Column, of: Columns) -> Found | None:
    """The simplest formula with these values; None where only a parameter of its own has them."""
    return next(_formulas(column, of), None)


def _formulas(column: Column, of: Columns) -> Iterator[Found]:
    yield from _equal(of.own, column)
    if _same(of.channels, column):
        yield Found("channels")
    yield from _equal(of.made, column)
    if not _all_whole(column):
        return
    if _same(of.entry, column):
        yield Found("entry")
    yield from _multiples(of.own, column)
    yield from _expansions(column, of)
    for text in (*_scaled("channels", of.channels, column), *_scaled("entry", of.entry, column)):
        yield Found(text)
    yield from _multiples(of.made, column)


def _expansions(column: Column, of: Columns) -> Iterator[Found]:
    """Channels times a parameter: before a number, which would mean nothing for another value."""
    for name, values in (of.own | of.made).items():
        if name in GEOMETRY or not _all_whole(values):
            continue
        for other, base in (("channels", of.channels), ("entry", of.entry)):
            if _same(_products(values, base), column):
                yield Found(f"{name} * {other}", name)


def _equal(names: Mapping[str, Column], column: Column) -> Iterator[Found]:
    for name, values in names.items():
        if _same(values, column):
            yield Found(name, name)


def _multiples(names: Mapping[str, Column], column: Column) -> Iterator[Found]:
    for name, values in names.items():
        for text in _scaled(name, values, column):
            yield Found(text, name)


def _scaled(name: str, values: Column, column: Column) -> Iterator[str]:
    if not _all_whole(values):
        return
    for factor in FACTORS:
        if _same(tuple(factor * value for value in values), column):
            yield f"{factor} * {name}"
    for factor in REDUCTIONS:
        if _same(tuple(value // factor for value in values), column):
            yield f"{name} // {factor}"


def _products(values: Column, base: Column) -> Column:
    return tuple(a * b for a, b in zip(values, base, strict=True))


def _same(values: Column, column: Column) -> bool:
    """Whether they are equal where the column has values, and of one type: 1 is not true."""
    pairs = zip(values, column, strict=True)
    return all(b is ABSENT or (a == b and type(a) is type(b)) for a, b in pairs)


def _all_whole(values: Sequence[Any]) -> bool:
    return all(type(value) is int for value in values if value is not ABSENT)
