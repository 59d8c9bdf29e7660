"""Pooling."""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.lifting.keras.site import (
    Site,
    Value,
    built,
    channels_last,
    on_axes,
    only,
    says,
    sizes,
)
from cnngen.ops import Op


def _sliding(site: Site, cls: type[Op], **same: Any) -> Value:
    layer, x = site.layer, only(site)
    channels_last(layer)
    kernel, stride = sizes(layer.pool_size), sizes(layer.strides)
    given: dict[str, Any] = {"kernel": kernel}
    if stride != kernel:
        given["stride"] = stride
    if layer.padding == "same":
        given |= {"pad": "same"} | same
    return site.own(built(cls, x.axes, **given), x)


@says(*on_axes("MaxPooling{}D"))
def _maxpool(site: Site) -> Value:
    return _sliding(site, ops.MaxPool)


@says(*on_axes("AveragePooling{}D"))
def _avgpool(site: Site) -> Value:
    """What is put around a map does not count."""
    return _sliding(site, ops.AvgPool, count_pad=False)


def _global(site: Site, cls: type[Op]) -> Value:
    layer, x = site.layer, only(site)
    channels_last(layer)
    y = site.own(built(cls, x.axes, kernel="global"), x)
    return y if layer.keepdims else site.step(ops.Flatten(), y)


@says(*on_axes("GlobalMaxPooling{}D"))
def _global_maxpool(site: Site) -> Value:
    return _global(site, ops.MaxPool)


@says(*on_axes("GlobalAveragePooling{}D"))
def _global_avgpool(site: Site) -> Value:
    return _global(site, ops.AvgPool)


def _adaptive(site: Site, cls: type[Op]) -> Value:
    layer, x = site.layer, only(site)
    channels_last(layer)
    return site.own(built(cls, x.axes, adaptive=sizes(layer.output_size)), x)


@says(*on_axes("AdaptiveMaxPooling{}D"))
def _adaptive_maxpool(site: Site) -> Value:
    return _adaptive(site, ops.MaxPool)


@says(*on_axes("AdaptiveAveragePooling{}D"))
def _adaptive_avgpool(site: Site) -> Value:
    return _adaptive(site, ops.AvgPool)
