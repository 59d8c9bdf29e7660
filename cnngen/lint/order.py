"""What stands behind what in a source, whatever values the parameters of its networks have.

Networks are linted with one value for each parameter; with another one a condition may be the
other way round, and a loop have no turn. Layers are neighbours here only where neither is between
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from cnngen.choice import MOST_LEVELS
from cnngen.ir import Block
from cnngen.ops import LAYERS
from cnngen.source import Span
from cnngen.syntax import ast

FIRST, LAST = 0, -1


def before(bodies: Iterable[ast.Body]) -> dict[Span, Span]:
    """The layer right before each one that has one on its line, or at the end of the line above.

    Both stand in the same braces: what removes one of the two sees all there is to see.
    """
    found: dict[Span, Span] = {}
    for body in bodies:
        for one, other in pairwise(_items(body)):
            if _is_layer(one) and _is_layer(other):
                found[other.span] = one.span
    return found


def neighbours(bodies: Iterable[ast.Body], blocks: Mapping[str, Block]) -> set[tuple[Span, Span]]:
    """All two layers of which the second is the next, through groups and uses of blocks too.

    The end of a loop goes on at its beginning.
    """
    found: set[tuple[Span, Span]] = set()
    for body in bodies:
        items = _items(body)
        loops = [each.body for each in items if isinstance(each, (ast.Repeat, ast.For))]
        turns = [(inside[LAST], inside[FIRST]) for inside in map(_items, loops) if inside]
        for one, other in [*pairwise(items), *turns]:
            first, second = end(one, LAST, blocks), end(other, FIRST, blocks)
            if first is not None and second is not None:
                found.add((first, second))
    return found


def ends(files: ast.File, blocks: Mapping[str, Block]) -> Iterator[Span]:
    """The layer that each network ends in, where it is the same one for all values."""
    for node in files.definitions:
        items = _items(node.body) if isinstance(node, ast.Network) else []
        last = end(items[LAST], LAST, blocks) if items else None
        if last is not None:
            yield last


def end(item: ast.Item, which: int, blocks: Mapping[str, Block]) -> Span | None:
    """The first or last layer of an item; None where values decide, or a region begins or ends."""
    for _ in range(MOST_LEVELS):
        if isinstance(item, ast.Group):
            body = item.body
        elif isinstance(item, ast.Layer) and item.word.name in blocks:
            block = blocks[item.word.name]
            body, blocks = block.node.body, block.known
        else:
            return item.span if _is_layer(item) else None
        items = _items(body)
        if not items:
            return None
        item = items[which]
    return None


def _is_layer(item: ast.Item) -> bool:
    """Whether it is one layer for all values: not a block, nor a parameter that is a layer."""
    return isinstance(item, ast.Layer) and item.word.name in LAYERS


def _items(body: ast.Body) -> list[ast.Item]:
    lines = (each for each in body.statements if isinstance(each, ast.Line))
    return [item for line in lines for item in line.items]
