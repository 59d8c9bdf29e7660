"""Where weights are in a graph: under the names of PyTorch's state dicts, as operators take them.

What weighs the channels of a map has axes of size 1 for its positions.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnngen import ops
from cnngen.backends.base import Slot
from cnngen.ir import Layer

_BIAS = Slot("bias", "out")
_WINDOW = {"kernel": Slot("weight", "out in window"), "bias": _BIAS}
_AFFINE = {"scale": Slot("weight", "channels"), "shift": Slot("bias", "channels")}
_STATISTICS = {
    "mean": Slot("running_mean", "channels"),
    "variance": Slot("running_var", "channels"),
}
_DEPTHWISE = "(channels multiplier) 1 window"

_SLOTS: Mapping[type[ops.Op], Mapping[str, Slot]] = {
    ops.Conv: _WINDOW,
    ops.StandardizedConv: _WINDOW,
    ops.DepthwiseConv: {"kernel": Slot("weight", _DEPTHWISE), "bias": _BIAS},
    ops.SeparableConv: {
        "depthwise": Slot("depthwise.weight", _DEPTHWISE),
        "pointwise": Slot("pointwise.weight", "out in 1"),
        "bias": Slot("pointwise.bias", "out"),
    },
    ops.ConvTranspose: {"kernel": Slot("weight", "in out window"), "bias": _BIAS},
    ops.Dense: {"kernel": Slot("weight", "out in"), "bias": _BIAS},
    ops.BatchNorm: {**_AFFINE, **_STATISTICS},
    ops.LayerNorm: _AFFINE,
    ops.GroupNorm: _AFFINE,
    ops.InstanceNorm: _AFFINE,
    ops.RmsNorm: {"scale": Slot("weight", "channels 1")},
    ops.GlobalResponseNorm: {
        "scale": Slot("gamma", "channels 1"),
        "shift": Slot("beta", "channels 1"),
    },
    ops.LayerScale: {"scale": Slot("gamma", "channels 1")},
}
"""By op; a 1 at the end stands for each axis of positions."""


def slots(layer: Layer) -> Mapping[str, Slot]:
    """Where each of the layer's weights is kept, by the weight's name."""
    op, axes = layer.op, layer.at.input.axes
    if isinstance(op, ops.PRelu):
        return {"slope": Slot("weight", _slopes(op, axes))}
    found = _SLOTS.get(type(op), {})
    if op.needs_label:  # without a module of its own
        found = {name: slot._replace(key="") for name, slot in found.items()}
    if isinstance(op, ops.Dense) and axes:  # a convolution of windows of one cell
        found = {**found, "kernel": Slot("weight", "out in 1")}
    return {name: slot._replace(layout=_spread(slot.layout, axes)) for name, slot in found.items()}


def _slopes(op: ops.PRelu, axes: int) -> str:
    if op.per == "layer":
        return "layer"
    return "channels window" if op.per == "cell" and axes else _spread("channels 1", axes)


def _spread(layout: str, axes: int) -> str:
    """The layout with as many axes of size 1 at its end as a map has of positions."""
    return layout.removesuffix(" 1") + " 1" * axes if layout.endswith(" 1") else layout
