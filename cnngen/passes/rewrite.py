"""Rebuilding a network: a pass says what becomes of a layer's op, the rest follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnngen.ir import (
    RESIZE,
    At,
    Chain,
    Gate,
    Input,
    Instance,
    Item,
    Join,
    Layer,
    Network,
    Output,
    Residual,
    Reuse,
    SideHead,
    is_unnamed,
    labels_read,
    parts,
    rebuild,
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
                yield from opened(item, read, kept=last or item.name in read)


def opened(item: Item, around: frozenset[str], *, kept: bool) -> Iterator[Reader]:
    """The item, or those in it where it is a group, which gives what its last one gives.

    ``around`` are the labels that are read where it stands.
    """
    if not isinstance(item, Chain):
        yield Reader(item, kept)
        return
    read = labels_read(item, around)
    for child in item.items:
        last = kept and child is item.items[-1]
        yield from opened(child, read, kept=last or child.name in read)


Change = Callable[[Layer, Shape, Readers], Op]
"""The op that takes a layer's place, given its input and what reads its output."""


def rewrite(network: Network, change: Change) -> Network:
    """The network with ``change`` applied to each layer, and shapes that follow from it.

    A block's body is rewritten once for each input shape, and stays the same object where nothing
    in it changed.
    """
    rewriter = _Rewriter(change)
    body = network.body
    return network._replace(body=rewriter.body(body, body.at.input))


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
            value = items[-1].at.output
        made = rebuild(chain, tuple(items))
        assert isinstance(made, Chain)
        at = _at(chain.at, x, value)
        return made if at is chain.at else made._replace(at=at)

    def _item(self, item: Item, x: Shape, readers: Readers, read: frozenset[str]) -> Item:
        if isinstance(item, Layer):
            op = self.change(item, x, readers)
            same = op is item.op and x == item.at.input
            return item if same else item._replace(op=op, at=_at(item.at, x, op.infer(x)))
        if isinstance(item, Chain):
            own = labels_read(item, read)
            return self._chain(item, x, readers.rest, own, kept=readers.kept)
        if isinstance(item, Instance):
            made = rebuild(item, (self.body(item.body, x),))
        elif isinstance(item, Reuse):  # as where it stands first, whatever follows here
            made = rebuild(item, (self._item(item.item, x, Readers((), kept=True), frozenset()),))
        else:
            # What reads the output of a part is the region around it.
            made = rebuild(item, tuple(self._part(part, x, read) for part in parts(item)))
        y = _output(made, x)
        return made if (x, y) == item.at[:2] else made._replace(at=_at(item.at, x, y))

    def _part(self, part: Item, x: Shape, read: frozenset[str]) -> Item:
        if is_unnamed(part):
            return self._chain(part, x, (), read, kept=False)
        return self._item(part, x, Readers((), kept=False), read)


def _at(at: At, x: Shape, y: Shape) -> At:
    return at if (x, y) == at[:2] else at._replace(input=x, output=y)


def _output(item: Item, x: Shape) -> Shape:
    """What comes out of an item whose parts have new shapes."""
    if isinstance(item, (Instance, Residual)):
        return item.body.at.output
    if isinstance(item, Reuse):
        return item.item.at.output
    own = isinstance(item, Join) and item.kind in ("concat", "multiply", RESIZE)
    if isinstance(item, (Gate, SideHead, Output)) or (isinstance(item, Join) and not own):
        return x
    if isinstance(item, Input):
        return item.at.output
    # A vector that a label lets others read has one order in every target: see flatten_order.
    y = item.at.output
    return Vector(y.features) if isinstance(y, Vector) else y
