"""Where items can be parted: a norm stands with what it normalises, which has no bias for it."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.lifting.structure.items import Item, Layer
from cnngen.ops import LAYERS, Relu

NORM = "bn"

ACTIVATIONS = frozenset(
    word for word, op in LAYERS.items() if op.__module__ == Relu.__module__ and word != "prelu"
)


def is_cut(items: Sequence[Item], place: int) -> bool:
    """Whether what begins at this place would leave what it belongs to."""
    if not 0 < place < len(items):
        return False
    before, item = items[place - 1], items[place]
    if not isinstance(before, Layer) or not isinstance(item, Layer):
        return False
    if item.word == NORM:
        return before.before_norm
    return before.word == NORM and item.word in ACTIVATIONS
