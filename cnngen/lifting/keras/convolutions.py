"""Convolutions and dense layers, with the activation that is applied to what they give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnngen import ops
from cnngen.lifting.keras.activations import applied
from cnngen.lifting.keras.site import (
    Site,
    UnsaidError,
    Value,
    built,
    channels_last,
    on_axes,
    only,
    positions,
    says,
    sizes,
)
from cnngen.ops import Map, Op


def activated(site: Site, x: Value) -> Value:
    """What the layer's activation makes of a value."""
    activation = site.layer.activation
    return x if activation is None else applied(site, activation, x)


def _plain(layer: Any) -> None:
    """UnsaidError where the weights are not what is multiplied with."""
    if getattr(layer, "quantization_mode", None) is not None:
        raise UnsaidError("its weights are quantised")
    if getattr(layer, "lora_enabled", False):
        raise UnsaidError("low-rank weights are added to its own")


def convolution(
    site: Site,
    cls: type[Op],
    *,
    tried: Callable[[Any, Op, Map], None] | None = None,
    **own: Any,
) -> Value:
    """A convolution with the window that its layer has, and its activation.

    ``tried`` raises ``UnsaidError`` where the layer is not what its name says.
    """
    layer, x = site.layer, only(site)
    _plain(layer)
    channels_last(layer)
    window = {
        "kernel": sizes(layer.kernel_size),
        "stride": sizes(layer.strides),
        "dilation": sizes(layer.dilation_rate),
        "bias": bool(layer.use_bias),
    }
    op = built(cls, layer.rank, **window, **_padding(layer), **own)
    if tried is not None:
        tried(layer, op, positions(x))
    return activated(site, site.own(op, x))


def _padding(layer: Any) -> dict[str, Any]:
    if layer.padding == "same":
        return {"pad": "same"}
    if layer.padding == "causal":
        (cells,), (apart,) = layer.kernel_size, layer.dilation_rate
        return {"pad": ((cells - 1) * apart,), "pad_after": (0,)}
    return {}


@says(*on_axes("Conv{}D"))
def _conv(site: Site) -> Value:
    layer = site.layer
    return convolution(site, ops.Conv, channels=layer.filters, groups=layer.groups)


@says("layers.DepthwiseConv1D", "layers.DepthwiseConv2D")
def _depthwise_conv(site: Site) -> Value:
    return convolution(site, ops.DepthwiseConv, multiplier=site.layer.depth_multiplier)


@says("layers.SeparableConv1D", "layers.SeparableConv2D")
def _separable_conv(site: Site) -> Value:
    layer = site.layer
    own = {"channels": layer.filters, "multiplier": layer.depth_multiplier}
    return convolution(site, ops.SeparableConv, **own)


@says(*on_axes("Conv{}DTranspose"))
def _conv_transpose(site: Site) -> Value:
    """Where no more is said, a valid one is enlarged to whole steps."""
    layer, x = site.layer, only(site)
    channels_last(layer)
    kernel, stride = sizes(layer.kernel_size), sizes(layer.strides)
    around: dict[str, Any] = {"pad": "same"}
    if layer.output_padding is not None and layer.padding == "same":
        raise UnsaidError('it has an `output_padding` beside `padding="same"`')
    if layer.padding != "same":
        added = tuple(max(step - cells, 0) for cells, step in zip(kernel, stride, strict=True))
        around = {"output_pad": sizes(layer.output_padding or added)}
    op = built(
        ops.ConvTranspose,
        layer.rank,
        channels=layer.filters,
        kernel=kernel,
        stride=stride,
        dilation=sizes(layer.dilation_rate),
        bias=bool(layer.use_bias),
        **around,
    )
    return activated(site, site.own(op, x))


@says("layers.Dense")
def _dense(site: Site) -> Value:
    layer, x = site.layer, only(site)
    _plain(layer)
    per = "position" if isinstance(x.known, Map) else "layer"
    op = built(ops.Dense, x.axes, units=layer.units, per=per, bias=bool(layer.use_bias))
    return activated(site, site.own(op, x))
