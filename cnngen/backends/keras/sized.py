"""What has to know the shape of a map while a Keras model is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeGuard

from cnngen import definition as d
from cnngen.backends.code import names_in
from cnngen.backends.keras.forms import parts_of
from cnngen.expressions import IN_CHANNELS, names
from cnngen.ir import RESIZE

SIZED = frozenset(
    {"AdaptivePooling", "BlurPooling", "DilatedMaxPooling", "PaddedAveragePooling"}
    | {"ResizeCubic", "ResizeLinear", "SamePadding"}
    | {"average_pool3d", "channel_shuffle", "max_pool3d", "pad_max_ceil", "pad_max_same"}
    | {"pad_reflect", "pad_replicate", "pixel_shuffle", "pixel_unshuffle", "resize_nearest"}
)
"""Helpers that read the sizes of the map which they are applied to, while a model is made."""

TRACED = SIZED | {
    f"layers.Adaptive{kind}Pooling{n}D" for kind in ("Average", "Max") for n in (1, 2, 3)
}
"""With the layers that have to know them when a model is traced."""


def first_sized(nodes: Iterable[d.Node], sized: Collection[str] = SIZED) -> d.Layer | d.Join | None:
    """The first item in these nodes, and in the blocks that they use, that reads sizes."""
    for node in nodes:
        for each in d.within(node):
            if isinstance(each, d.Use):
                found = first_sized(each.callee.body.nodes, sized)
            elif _is_sized(each, sized):
                found = each
            else:
                continue
            if found is not None:
                return found
    return None


def reuses_sized(definition: d.Definition) -> bool:
    """Whether something that reads sizes is applied again: Keras makes it for one size."""
    again = {node.label.text for node in d.nodes(definition.body) if isinstance(node, d.Reuse)}
    nodes = (node for node in d.nodes(definition.body) if d.label_of(node) in again)
    return first_sized(nodes) is not None


def sized_word(item: d.Layer | d.Join) -> str:
    """The word of such an item."""
    return item.op.word if isinstance(item, d.Layer) else item.kind


def _is_sized(node: d.Node, sized: Collection[str]) -> TypeGuard[d.Layer | d.Join]:
    if isinstance(node, d.Join):
        return node.kind == RESIZE
    if not isinstance(node, d.Layer):
        return False
    return any(part.call.function in sized for part in parts_of(node))


def reads_channels(definition: d.Definition) -> bool:
    """Whether the code of a network would read how many channels come in."""
    read: set[str] = set()
    lets: list[d.Let] = []
    for node in d.nodes(definition.body):
        if isinstance(node, d.Let):
            lets.append(node)
            continue
        read = read.union(*map(names, d.expressions(node)))
        if isinstance(node, d.Layer):
            read = read.union(*(names_in(part.call) for part in parts_of(node)))
    before = -1
    while len(read) > before:  # what a loop or the source computes counts where something reads it
        before = len(read)
        read = read.union(*(names(each.value) for each in lets if each.name in read))
    return IN_CHANNELS in read
