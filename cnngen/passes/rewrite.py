"""Rebuilding a network: a pass says what becomes of a layer's op, the rest follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnngen.ir import (
    Branches,
    Chain,
    Gate,
    Instance,
    Item,
    Join,
    Layer,
    Network,
    Residual,
    SideHead,
    labels_read,
)
from cnngen.ops import Op, Shape, Vector
from cnngen.record import NamedTuple


class Rest(NamedTuple):
    """The items of a chain from ``start`` on, and the labels that are read around them.

    ``kept`` where a label of the chain itself lets others read what it gives.
    """

    items: tuple[Item, ...]
    start: int
    read: frozenset[str]
    kept: bool


class Reader(NamedTuple):
    """An item that a value goes through; ``kept`` where a label lets others read what it gives."""

    item: Item
    kept: bool


class Readers(NamedTuple):
    """What reads a layer's output.

    ``rest`` is what comes after it, in the innermost chain first. ``kept`` where a label lets
    others read it too.
    """

    rest: tuple[Rest, ...]
    kept: bool

    def following(self) -> Iterator[Reader]:
        """The items that the value goes through, groups opened; it ends where the body ends."""
        for items, start, read, kept in self.rest:
            for place in range(start, len(items)):
                item = items[place]
                last = kept and item is items[-1]
                yield from opened(item, kept=last or item.name in read)


def opened(item: Item, *, kept: bool) -> Iterator[Reader]:
    """The item, or those in it where it is a group, which gives what its last one gives."""
    if not isinstance(item, Chain):
        yield Reader(item, kept)
        return
    read = labels_read(item)
    for child in item.items:
        yield from opened(child, kept=child.name in read or (kept and child is item.items[-1]))


Change = Callable[[Layer, Shape, Readers], Op]
"""The op that takes a layer's place, given its input and what reads its output."""


def rewrite(network: Network, change: Change) -> Network:
    """The network with ``change`` applied to each layer, and shapes that follow from it.

    A block's body is rewritten once for each input shape, and stays the same object where nothing
    in it changed.
    """
    rewriter = _Rewriter(change)
    body = network.body
    return network._replace(body=rewriter.body(body, body.input))


class _Rewriter:
    def __init__(self, change: Change) -> None:
        self.change = change
        self.done: dict[tuple[int, str], Chain] = {}

    def body(self, chain: Chain, x: Shape) -> Chain:
        """The body of a network or of a block."""
        key = (id(chain), repr(x))
        if key not in self.done:
            self.done[key] = self._chain(chain, x, (), labels_read(chain), kept=False)
        return self.done[key]

    def _chain(
        self,
        chain: Chain,
        x: Shape,
        rest: tuple[Rest, ...],
        read: frozenset[str],
        *,
        kept: bool,
    ) -> Chain:
        items: list[Item] = []
        value = x
        for place, item in enumerate(chain.items):
            last = place + 1 == len(chain.items)
            also = item.name in read or (kept and last)
            readers = Readers((Rest(chain.items, place + 1, read, kept), *rest), also)
            items.append(self._item(item, value, readers, read))
            value = items[-1].output
        same = all(new is old for new, old in zip(items, chain.items, strict=True))
        if same and x == chain.input:
            return chain
        return chain._replace(items=tuple(items), input=x, output=value)

    def _item(self, item: Item, x: Shape, readers: Readers, read: frozenset[str]) -> Item:
        if isinstance(item, Layer):
            return self._layer(item, x, readers)
        if isinstance(item, Chain):
            own = labels_read(item)
            return self._chain(item, x, readers.rest, own, kept=readers.kept)
        if isinstance(item, Instance):
            body = self.body(item.body, x)
            return _changed(item, x, body.output, body=body)
        if isinstance(item, Residual):
            path = item.path and self._item(item.path, x, _JOINED, read)
            body = self._part(item.body, x, read)
            return _changed(item, x, body.output, body=body, path=path)
        if isinstance(item, Gate):
            return _changed(item, x, x, body=self._part(item.body, x, read))
        if isinstance(item, Branches):
            parts = tuple(self._part(branch, x, read) for branch in item.branches)
            same = all(new is old for new, old in zip(parts, item.branches, strict=True))
            branches = item.branches if same else parts
            return _changed(item, x, item.output, branches=branches)
        if isinstance(item, SideHead):
            return _changed(item, x, x, head=self._item(item.head, x, _JOINED, read))
        if isinstance(item, Join) and item.kind == "add":
            return _changed(item, x, x)
        # A vector that a label lets others read has one order in every target: see flatten_order.
        y = item.output
        return _changed(item, x, Vector(y.features) if isinstance(y, Vector) else y)

    def _part(self, chain: Chain, x: Shape, read: frozenset[str]) -> Chain:
        """A chain of a region: what reads its output is the region."""
        return self._chain(chain, x, (), read, kept=False)

    def _layer(self, layer: Layer, x: Shape, readers: Readers) -> Layer:
        op = self.change(layer, x, readers)
        if op is layer.op and x == layer.input:
            return layer
        return layer._replace(op=op, input=x, output=op.infer(x))


_JOINED = Readers((), kept=False)


def _changed(item: Item, x: Shape, y: Shape, **parts: object) -> Item:
    """The item with new parts and shapes; itself where they are the old ones."""
    same = all(getattr(item, name) is part for name, part in parts.items())
    if same and x == item.input and y == item.output:
        return item
    changed: Item = item._replace(input=x, output=y, **parts)  # type: ignore[arg-type]
    return changed
