"""``bias=auto`` decided: none where a batch norm follows directly, which would cancel it."""

from __future__ import annotations

from functools import lru_cache

from cnngen.ir import Layer, Network
from cnngen.ops import BatchNorm, Op, Shape
from cnngen.passes.rewrite import Readers, rewrite


def resolve_bias(network: Network) -> Network:
    """Every op's ``bias`` true or false.

    A block decides for itself: a batch norm after the block does not follow directly.
    """
    return rewrite(network, _decide)


def _decide(layer: Layer, x: Shape, readers: Readers) -> Op:
    if getattr(layer.op, "bias", None) != "auto":
        return layer.op
    after = next((reader.item for reader in readers.following()), None)
    normed = isinstance(after, Layer) and isinstance(after.op, BatchNorm) and not readers.kept
    return _with_bias(layer.op, not normed)


@lru_cache(1024)
def _with_bias(op: Op, bias: bool) -> Op:
    return op.replace(bias=bias)
