"""What stands for the layers of a definition, as far as it can be told before it is written."""

from __future__ import annotations

from cnngen import definition as d
from cnngen.backends.base import InexpressibleError, Site
from cnngen.backends.keras.emit import TABLE, Part
from cnngen.backends.python import Writer

PLAIN = Writer({}, (), set())
"""Writes expressions only to see what they read."""


def parts_of(layer: d.Layer) -> tuple[Part, ...]:
    """What stands for a layer, of maps of any size.

    Raises:
        InexpressibleError: nothing does.
    """
    form, out = layer.at.input, layer.at.output.channels
    return TABLE(Site(layer.op, form.axes, None, form.channels, out, PLAIN.code)).parts


def has_forms(definition: d.Definition) -> bool:
    """Whether every layer has a form for all values that a definition leaves open."""
    for node in d.nodes(definition.body):
        if isinstance(node, d.Layer):
            try:
                parts_of(node)
            except InexpressibleError:
                return False
    return True


def applies_again(definition: d.Definition) -> bool:
    """Whether anything is applied again with the same weights."""
    return any(isinstance(node, d.Reuse) for node in d.nodes(definition.body))
