"""Arguments that all layers of a word share, said once for the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnngen.lifting.structure.blocks import Block
from cnngen.lifting.structure.items import Formula, Item, Layer, everything, parts, rebuild
from cnngen.ops import LAYERS, parameters

SHARED = ("eps", "momentum", "affine", "slope", "negative_slope", "alpha", "form")
"""Arguments that say how layers of a word are meant in a network, not what one of them does."""

LEAST = 2
"""Layers that say the same."""

Defaults = dict[str, dict[str, Any]]
"""By word and argument."""


def with_defaults(
    items: tuple[Item, ...], blocks: tuple[Block, ...]
) -> tuple[tuple[Item, ...], tuple[Block, ...], Defaults]:
    """Items and blocks without what the defaults say, and the defaults."""
    found: Defaults = {}
    for word, layers in _by_word(items, blocks).items():
        shared = _shared(word, layers)
        if shared and len(layers) >= LEAST:
            found[word] = shared
    done = tuple(block._replace(items=_without(block.items, found)) for block in blocks)
    return _without(items, found), done, found


def _by_word(items: tuple[Item, ...], blocks: tuple[Block, ...]) -> dict[str, list[Layer]]:
    found: dict[str, list[Layer]] = {}
    for item in _written(items, blocks):
        if isinstance(item, Layer):
            found.setdefault(item.word, []).append(item)
    return found


def _written(items: tuple[Item, ...], blocks: tuple[Block, ...]) -> Iterator[Item]:
    """What the file holds: a block's layers once."""
    for body in (items, *(block.items for block in blocks)):
        yield from everything(body, uses=False)


def _shared(word: str, layers: list[Layer]) -> dict[str, Any]:
    found = {}
    for name, parameter in parameters(LAYERS[word]).items():
        values = [layer.arguments.get(name) for layer in layers]
        same = all(value == values[0] for value in values) and not isinstance(values[0], Formula)
        if name in SHARED and same and not parameter.required and values[0] != parameter.default:
            found[name] = values[0]
    return found


def _without(
    items: tuple[Item, ...], defaults: Mapping[str, Mapping[str, Any]]
) -> tuple[Item, ...]:
    return tuple(_stripped(item, defaults) for item in items)


def _stripped(item: Item, defaults: Mapping[str, Mapping[str, Any]]) -> Item:
    if isinstance(item, Layer):
        said = defaults.get(item.word, {})
        left = {name: value for name, value in item.arguments.items() if name not in said}
        return item._replace(arguments=left)
    return rebuild(item, tuple(_without(body, defaults) for body in parts(item)))
