"""What has to know the shape of a map while a Keras model is made."""

from __future__ import annotations

from collections.abc import Iterable

from cnngen import definition as d
from cnngen.backends.base import Site
from cnngen.backends.code import names_in
from cnngen.backends.keras.emit import TABLE, Part
from cnngen.backends.python import Writer
from cnngen.expressions import IN_CHANNELS, names

SIZED = frozenset(
    {"AdaptivePooling", "BlurPooling", "DilatedMaxPooling", "PaddedAveragePooling"}
    | {"ResizeCubic", "ResizeLinear", "SamePadding"}
    | {"average_pool3d", "channel_shuffle", "max_pool3d", "pad_max_ceil", "pad_max_same"}
    | {"pad_reflect", "pad_replicate", "pixel_shuffle", "pixel_unshuffle", "resize_nearest"}
)
"""Helpers that read the sizes of the map which they are applied to."""


def first_sized(nodes: Iterable[d.Node], writer: Writer) -> d.Layer | None:
    """The first layer in these nodes, and in the blocks that they use, with such a helper."""
    for node in nodes:
        for each in d.within(node):
            if isinstance(each, d.Use):
                found = first_sized(each.callee.body.nodes, writer)
            elif isinstance(each, d.Layer) and _is_sized(each, writer):
                found = each
            else:
                continue
            if found is not None:
                return found
    return None


def _is_sized(layer: d.Layer, writer: Writer) -> bool:
    return any(part.call.function in SIZED for part in _parts(layer, writer))


def _parts(layer: d.Layer, writer: Writer) -> tuple[Part, ...]:
    form, out = layer.at.input, layer.at.output.channels
    return TABLE(Site(layer.op, form.axes, None, form.channels, out, writer.code)).parts


def reads_channels(definition: d.Definition, writer: Writer) -> bool:
    """Whether the code of a network would read how many channels come in."""
    for node in d.nodes(definition.body):
        read = frozenset[str]().union(*map(names, d.expressions(node)))
        if isinstance(node, d.Layer):
            read = read.union(*(names_in(part.call) for part in _parts(node, writer)))
        if IN_CHANNELS in read:
            return True
    return False
