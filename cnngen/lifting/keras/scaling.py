"""Factors and constants."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from cnngen import ops
from cnngen.lifting.keras.site import Site, UnsaidError, Value, built, last, numbers, only, says


@says("layers.Identity")
def _identity(site: Site) -> Value:
    return site.own(ops.Identity(), only(site))


@says("applications.LayerScale")
def _layer_scale(site: Site) -> Value:
    """That of ConvNeXt."""
    x = only(site)
    return site.own(built(ops.LayerScale, x.axes, start=float(site.layer.init_values)), x)


@says("layers.Rescaling")
def _rescaling(site: Site) -> Value:
    layer, x = site.layer, only(site)
    scale, offset = np.asarray(layer.scale, float), np.asarray(layer.offset, float)
    if scale.ndim or offset.ndim:
        return _for_each_channel(site, x, scale, offset)
    y = x
    if scale != 1 or offset == 0:
        y = site.own(built(ops.Scale, x.axes, factor=float(scale)), x)
    if offset == 0:
        return y
    plus = built(ops.Offset, x.axes, constant=float(offset))
    return site.own(plus, y) if y.step == x.step else site.step(plus, y)


def _for_each_channel(site: Site, x: Value, scale: Any, offset: Any) -> Value:
    """In other words, (x + offset / scale) / (1 / scale)."""
    channels = x.known.channels
    try:
        scale, offset = (np.broadcast_to(each, (channels,)) for each in (scale, offset))
    except ValueError:
        raise UnsaidError("it has other constants than one for each channel") from None
    if not scale.all():
        raise UnsaidError("it multiplies by zero")
    return _normalised(site, x, -offset / scale, 1 / scale)


def _normalised(site: Site, x: Value, mean: Any, deviation: Any) -> Value:
    given = {"mean": numbers(mean), "deviation": numbers(deviation)}
    return site.own(built(ops.Normalize, x.axes, **given), x)


@says("layers.Normalization")
def _normalization(site: Site) -> Value:
    """Statistics of the images become constants."""
    layer, x = site.layer, only(site)
    if layer.invert:
        raise UnsaidError("`invert=True` takes a normalisation back")
    mean, deviation = _statistics(layer)
    channels = x.known.channels
    if mean.size != channels or (channels > 1 and not last(layer.axis, x)):
        raise UnsaidError(f"it has statistics along axis {layer.axis}, not for each channel")
    return _normalised(site, x, mean, deviation)


def _statistics(layer: Any) -> tuple[Any, Any]:
    """What the layer computes with, in the precision in which it was given."""
    mean, variance = (_exact(layer, name) for name in ("mean", "variance"))
    return mean, np.maximum(np.sqrt(variance), keras.config.epsilon())


def _exact(layer: Any, name: str) -> Any:
    kept = keras.ops.convert_to_numpy(getattr(layer, name)).astype(float).ravel()
    given = getattr(layer, f"input_{name}")
    if given is None:
        return kept
    exact = np.broadcast_to(np.asarray(given, float).ravel(), kept.shape)
    return exact if np.array_equal(np.float32(exact), np.float32(kept)) else kept
