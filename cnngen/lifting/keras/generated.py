"""Layers that cnngen puts into the modules that it writes for Keras.

They are told by the names of their classes, which anyone can give to another class: so each is run
on a small map first, and has to compute what the reference does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from cnngen import ops
from cnngen.backends import backend
from cnngen.backends.axes import from_target
from cnngen.lifting.keras.convolutions import convolution
from cnngen.lifting.keras.sides import bordered
from cnngen.lifting.keras.site import Says, Site, UnsaidError, Value, built, only, positions, sizes
from cnngen.lifting.keras.variables import own_weights, placed
from cnngen.ops import Map, Op
from cnngen.ops.window import same_pads
from cnngen.reference import TABLE

GENERATED: dict[str, Says] = {}
"""How they are said, by the name of the class. ``UnsaidError`` where it is another one."""

LARGEST = 24
"""Of a side of the map that a layer is tried on."""

TOLERANCE = 1e-4
"""Relative to the largest value: layers may be of float32."""


def _tried(layer: Any, op: Op, x: Map) -> None:
    """UnsaidError where a layer does not compute what the op does."""
    small = Map(tuple(min(size, LARGEST) for size in x.sizes), x.channels)
    given = np.random.default_rng(0).normal(size=(1, *small.sizes, small.channels))
    slots = backend("keras").slots(placed(op, small)) if op.weights(small) else {}
    variables = own_weights(op, small, layer)
    weights = {
        weight.name: from_target(
            keras.ops.convert_to_numpy(variables[weight.name]).astype(float),
            weight,
            slots[weight.name],
            backend("keras").flat_order,
        )
        for weight in op.weights(small)
    }
    expected = TABLE(op, weights, given)
    try:
        found = keras.ops.convert_to_numpy(layer(given.astype(layer.compute_dtype)))
    except Exception as error:  # whatever it does in place of that
        raise UnsaidError("it does not run as cnngen's own layer of this name") from error
    alike = found.shape == expected.shape
    if not alike or np.abs(found - expected).max() > TOLERANCE * np.abs(expected).max():
        raise UnsaidError("it computes something else than cnngen's own layer of this name")


Made = Callable[[Any, Value], Op]


def _own(name: str) -> Callable[[Made], Made]:
    """Register what makes the op of a layer."""

    def register(made: Made) -> Made:
        def say(site: Site) -> Value:
            x = only(site)
            try:
                op = made(site.layer, x)
            except (AttributeError, TypeError, ValueError) as error:
                raise UnsaidError("it has other attributes") from error
            _tried(site.layer, op, positions(x))
            return site.own(op, x)

        GENERATED[name] = say
        return made

    return register


def _per_axis(given: Any, x: Value) -> tuple[int, ...]:
    return (given,) * x.axes if isinstance(given, int) else sizes(given)


@_own("LayerScale")
def _layer_scale(layer: Any, x: Value) -> Op:
    return built(ops.LayerScale, x.axes, start=float(layer.start))


@_own("LocalResponseNorm")
def _local_response_norm(layer: Any, x: Value) -> Op:
    given = {name: float(getattr(layer, name)) for name in ("alpha", "beta", "k")}
    return built(ops.LocalResponseNorm, x.axes, size=layer.size, **given)


@_own("GlobalResponseNorm")
def _global_response_norm(layer: Any, x: Value) -> Op:
    return built(ops.GlobalResponseNorm, x.axes, eps=float(layer.epsilon))


@_own("BlurPooling")
def _blurpool(layer: Any, x: Value) -> Op:
    window = {"kernel": layer.pool_size, "stride": layer.strides}
    return built(ops.BlurPool, x.axes, **{key: _per_axis(n, x) for key, n in window.items()})


def _resize(mode: str) -> Made:
    def made(layer: Any, x: Value) -> Op:
        if layer.size is None:
            return built(ops.Resize, x.axes, factor=_per_axis(layer.scale, x), mode=mode)
        return built(ops.Resize, x.axes, to=_per_axis(layer.size, x), mode=mode)

    return made


_own("ResizeLinear")(_resize("linear"))
_own("ResizeCubic")(_resize("cubic"))


@_own("PaddedAveragePooling")
def _avgpool(layer: Any, x: Value) -> Op:
    pad = "same" if layer.same else _per_axis(layer.pad, x)
    given = {"pad": pad, "ceil": bool(layer.ceil), "count_pad": bool(layer.count_pad)}
    return _pool(ops.AvgPool, layer, x, **given)


@_own("DilatedMaxPooling")
def _maxpool(layer: Any, x: Value) -> Op:
    pad = layer.pad if layer.pad == "same" else _per_axis(layer.pad, x)
    given = {"pad": pad, "ceil": bool(layer.ceil)}
    return _pool(ops.MaxPool, layer, x, dilation=_per_axis(layer.dilation_rate, x), **given)


def _pool(cls: type[Op], layer: Any, x: Value, **given: Any) -> Op:
    kernel, stride = _per_axis(layer.pool_size, x), _per_axis(layer.strides, x)
    own = {} if kernel == stride else {"stride": stride}
    return built(cls, x.axes, kernel=kernel, **own, **given)


@_own("AdaptivePooling")
def _adaptive(layer: Any, x: Value) -> Op:
    cls = ops.MaxPool if layer.reduction == "max" else ops.AvgPool
    return built(cls, x.axes, adaptive=_per_axis(layer.output_size, x))


@_own("SamePadding")
def _same_padding(layer: Any, x: Value) -> Op:
    """As many cells as there are for maps of this size."""
    names = ("kernel_size", "strides", "dilation_rate")
    window = [_per_axis(getattr(layer, name), x) for name in names]
    around = same_pads(positions(x).sizes, *window)
    return bordered(ops.Pad, x.axes, list(zip(*around, strict=True)))


def _standardized_conv(site: Site) -> Value:
    layer = site.layer
    if not isinstance(layer, (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)):
        raise UnsaidError("it is no convolution of Keras")
    if not hasattr(layer, "epsilon"):
        raise UnsaidError("it has other attributes")
    own = {"channels": layer.filters, "groups": layer.groups, "eps": float(layer.epsilon)}
    return convolution(site, ops.StandardizedConv, tried=_tried, **own)


GENERATED |= {f"StandardizedConv{axes}D": _standardized_conv for axes in (1, 2, 3)}
