"""What uses of one block share: everything but the values of arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnngen.lifting.structure.items import (
    Branches,
    Group,
    Head,
    Item,
    Layer,
    Loop,
    Missing,
    Optional,
    Read,
    Residual,
    Reuse,
    Use,
    parts,
    rebuild,
)

Key = tuple[object, ...]


def skeleton(items: tuple[Item, ...]) -> Key:
    """What is equal in two bodies that differ in numbers alone."""
    return tuple(map(_key, items))


def _key(item: Item) -> Key:
    kind = type(item).__name__
    if isinstance(item, Use):
        return (kind, item.block, item.label)
    if isinstance(item, Optional):
        return (kind, skeleton(item.items))
    return (kind, item.label, own(item), tuple(map(skeleton, parts(item))))


def own(item: Item) -> Key:
    """What an item is, but for its label, its arguments and what is in it."""
    match item:
        case Layer(word=word, arguments=given):
            return (word, *((n, v) for n, v in given.items() if v is None or type(v) is str))
        case Group(identity=identity):
            return (identity,)
        case Residual(shortcut=str() as shortcut):
            return (shortcut,)
        case Residual(shortcut_name=name):
            return ("path", name)
        case Read(word=word, of=of, axis=axis):
            return (word, of, axis)
        case Reuse(of=of):
            return (of,)
        case Head(name=name):
            return (name,)
        case Loop(targets=targets, values=values):
            return (targets, values)
        case Missing(operator=operator, why=why):
            return (operator, why)
        case Branches(branches=branches):
            return (len(branches),)
        case _:
            return ()


Given = tuple[Mapping[str, Any], int]
"""Arguments, and the channels that come into what has them."""


ANY = -1
"""In place of the channels that come in, where each turn of a loop may have others."""


def arguments(items: tuple[Item, ...], *, looped: bool = False) -> Iterator[Given]:
    """The arguments of all layers and uses, in the order of the source."""
    for item in items:
        channels = ANY if looped else item.channels
        if isinstance(item, (Layer, Use)):
            yield item.arguments, channels
            continue
        if isinstance(item, Loop):
            yield {"times": item.times}, channels
        for body in parts(item):
            yield from arguments(body, looped=looped or isinstance(item, Loop))


def with_arguments(items: tuple[Item, ...], given: Iterator[Mapping[str, Any]]) -> tuple[Item, ...]:
    """The same items with other arguments, in the same order."""
    return tuple(_replaced(item, given) for item in items)


def _replaced(item: Item, given: Iterator[Mapping[str, Any]]) -> Item:
    if isinstance(item, (Layer, Use)):
        return item._replace(arguments=next(given))
    if isinstance(item, Loop):
        item = item._replace(times=next(given)["times"])
    return rebuild(item, tuple(with_arguments(body, given) for body in parts(item)))
