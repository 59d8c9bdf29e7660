"""Several values as one."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen import ops
from cnngen.lifting.keras.site import Site, UnsaidError, Value, built, last, says
from cnngen.lifting.traced import Join
from cnngen.ops.shapes import POSITIONS

LAYERS = {
    "layers.Add": "add",
    "layers.Multiply": "multiply",
    "layers.Maximum": "maximum",
    "layers.Average": "average",
}


def _register(layer: str, word: str) -> None:
    says(layer)(lambda site: site.join(Join(word), site.values))


for _layer, _word in LAYERS.items():
    _register(_layer, _word)


@says("layers.Subtract")
def _subtract(site: Site) -> Value:
    return site.join(Join("subtract"), site.values)


@says("layers.Concatenate", "ops.Concatenate")
def _concatenate(site: Site) -> Value:
    return concatenated(site, site.values, site.layer.axis)


def concatenated(site: Site, values: Sequence[Value], axis: int) -> Value:
    """Values one after another along an axis, which counts the batch."""
    x = values[0]
    if last(axis, x):
        return site.join(Join("concat"), values)
    place = axis % (x.axes + 2)
    if place == 0:
        raise UnsaidError("it puts batches one after another")
    return site.join(Join("concat", POSITIONS[x.axes][place - 1]), values)


@says("applications.CustomScaleLayer")
def _scaled_sum(site: Site) -> Value:
    """That of Inception-ResNet: the first and a share of the second."""
    x, y = site.values
    share = built(ops.Scale, y.axes, factor=float(site.layer.scale))
    return site.join(Join("add"), [x, site.step(share, y)])
