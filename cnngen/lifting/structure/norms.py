"""Norms stand with what they normalise: a convolution has no bias because one follows it."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.lifting.structure.items import If, Item, Layer, Optional, parts, rebuild
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
    return before.normed or (before.word == NORM and item.word in ACTIVATIONS)


def with_norms(items: tuple[Item, ...], after: Item | None = None) -> tuple[Item, ...]:
    """Items that are ``normed`` only where the norm still follows directly; ``after`` is next."""
    made: list[Item] = []
    for place, item in enumerate(items):
        following = items[place + 1] if place + 1 < len(items) else after
        if isinstance(item, Layer) and item.normed:
            item = item._replace(normed=isinstance(following, Layer) and following.word == NORM)
        inner = following if isinstance(item, (If, Optional)) else None
        made.append(rebuild(item, tuple(with_norms(body, inner) for body in parts(item))))
    return tuple(made)
