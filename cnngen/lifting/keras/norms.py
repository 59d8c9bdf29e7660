"""Normalisation."""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import tidy
from cnngen.lifting.keras.site import Site, UnsaidError, Value, built, last, only, says
from cnngen.ops import Map


def _affine(layer: Any) -> bool | str:
    """Keras says apart whether there is a scale, and whether there is a shift."""
    if layer.scale and layer.center:
        return True
    if layer.scale or layer.center:
        return "scale" if layer.scale else "shift"
    return False


def _over_channels(layer: Any, x: Value) -> None:
    if not last(layer.axis, x):
        raise UnsaidError(f"it normalises along axis {layer.axis}, not along the channels alone")


@says("layers.BatchNormalization")
def _batch_norm(site: Site) -> Value:
    """Keras counts the share of the old statistics, the language that of the new batch."""
    layer, x = site.layer, only(site)
    _over_channels(layer, x)
    if getattr(layer, "renorm", False):
        raise UnsaidError("it renormalises")
    if site.training:
        raise UnsaidError("it is called with `training=True`, which uses each batch's statistics")
    if site.training is False:
        site.note("is called with `training=False`: what is written normalises batches in training")
    elif not layer.trainable:
        site.note("is frozen: what is written is trained, and normalises batches in training")
    momentum = tidy(1 - float(layer.momentum))
    eps = float(layer.epsilon)
    op = built(ops.BatchNorm, x.axes, eps=eps, momentum=momentum, affine=_affine(layer))
    return site.own(op, x)


@says("layers.LayerNormalization")
def _layer_norm(site: Site) -> Value:
    layer, x = site.layer, only(site)
    _over_channels(layer, x)
    if layer.rms_scaling:
        raise UnsaidError("`rms_scaling=True` divides by the deviation without taking the mean off")
    eps = float(layer.epsilon)
    return site.own(built(ops.LayerNorm, x.axes, eps=eps, affine=_affine(layer)), x)


@says("layers.GroupNormalization")
def _group_norm(site: Site) -> Value:
    layer, x = site.layer, only(site)
    _over_channels(layer, x)
    affine = _affine(layer)
    if isinstance(affine, str):
        raise UnsaidError(f"it has a {affine} alone: a group norm has both or neither")
    given = {"eps": float(layer.epsilon), "affine": affine}
    if layer.groups in (-1, x.known.channels) and isinstance(x.known, Map):
        return site.own(built(ops.InstanceNorm, x.axes, **given), x)
    return site.own(built(ops.GroupNorm, x.axes, groups=layer.groups, **given), x)


@says("layers.RMSNormalization")
def _rms_norm(site: Site) -> Value:
    layer, x = site.layer, only(site)
    _over_channels(layer, x)
    return site.own(built(ops.RmsNorm, x.axes, eps=float(layer.epsilon)), x)
