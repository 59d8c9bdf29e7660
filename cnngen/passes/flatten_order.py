"""Where the order of a flattened map shows, it is made the same in every target.

Torch flattens a map channels first, Keras channels last. Both sources stay idiomatic as long as
only weights run along the vector: those are permuted when they move between targets. Where the
vector itself is the network's output, is joined with another, or an op depends on the order of its
elements, the flatten is marked ``ordered``: channels first everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.ir import Instance, Layer, Network, distinct
from cnngen.ops import Dense, Flatten, Map, Op, Shape
from cnngen.passes.rewrite import Reader, Readers, opened, rewrite


def order_flattens(network: Network) -> Network:
    """Mark the flattens whose order shows, and the shapes after them."""
    flattens = (
        isinstance(item, Layer) and _flattens(item.op, item.at.input)
        for item in distinct(network.body)
    )
    if not any(flattens):
        return network
    return rewrite(network, _settle)


def _settle(layer: Layer, x: Shape, readers: Readers) -> Op:
    if not _flattens(layer.op, x) or not (readers.kept or _shows(readers.following())):
        return layer.op
    return Flatten(ordered=True)


def _flattens(op: Op, x: Shape) -> bool:
    """Whether there is more than one order: of a 1x1 map and of one channel there is not."""
    if not isinstance(op, Flatten) or not isinstance(x, Map):
        return False
    return op.infer(x).factors is not None


def _shows(following: Iterator[Reader]) -> bool:
    """Whether the order shows before a dense layer takes the vector in."""
    for item, kept in _through_blocks(following):
        if isinstance(item, Layer) and isinstance(item.op, Dense):
            return False
        if kept or not isinstance(item, Layer) or item.op.reads_order:
            return True
    return True


def _through_blocks(readers: Iterator[Reader]) -> Iterator[Reader]:
    """The items, those of blocks in their place."""
    for reader in readers:
        if not isinstance(reader.item, Instance):
            yield reader
            continue
        body = reader.item.body
        *items, last = opened(body, frozenset(), kept=False)
        yield from _through_blocks(iter(items))
        yield from _through_blocks(iter([last._replace(kept=last.kept or reader.kept)]))
