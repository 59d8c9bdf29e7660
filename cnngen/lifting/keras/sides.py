"""What changes the size of a map: cells around it, or more or fewer positions."""

from __future__ import annotations

from typing import Any

from cnngen import ops
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
from cnngen.ops import Op


def bordered(cls: type[Op], axes: int, pairs: Any) -> Op:
    """Cells put around a map, or cut off: for each axis those before and those after it."""
    before, after = (sizes(cells) for cells in zip(*pairs, strict=True))
    given = {} if before == after else {"after": after}
    return built(cls, axes, cells=before, **given)


def _pairs(cells: Any) -> Any:
    """With one axis, Keras keeps a pair alone."""
    return [cells] if isinstance(cells[0], int) else cells


@says(*on_axes("ZeroPadding{}D"))
def _zero_padding(site: Site) -> Value:
    x = only(site)
    channels_last(site.layer)
    return site.own(bordered(ops.Pad, x.axes, _pairs(site.layer.padding)), x)


@says(*on_axes("Cropping{}D"))
def _cropping(site: Site) -> Value:
    x = only(site)
    channels_last(site.layer)
    return site.own(bordered(ops.Crop, x.axes, _pairs(site.layer.cropping)), x)


MODES = {"nearest": "nearest", "bilinear": "linear"}


@says(*on_axes("UpSampling{}D"))
def _up_sampling(site: Site) -> Value:
    layer, x = site.layer, only(site)
    channels_last(layer)
    interpolation = getattr(layer, "interpolation", "nearest")
    if interpolation not in MODES:
        raise UnsaidError(f"it interpolates by `{interpolation}`, with other constants than here")
    factor = layer.size if isinstance(layer.size, (tuple, list)) else (layer.size,)
    op = built(ops.Resize, x.axes, factor=sizes(factor), mode=MODES[interpolation])
    return site.own(op, x)


@says("layers.Resizing")
def _resizing(site: Site) -> Value:
    layer, x = site.layer, only(site)
    channels_last(layer)
    for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"):
        if getattr(layer, name, False):
            raise UnsaidError(f"it has `{name}`")
    return resized(site, x, (layer.height, layer.width), layer.interpolation)


def resized(site: Site, x: Value, to: Any, interpolation: str) -> Value:
    """A map of another size, where the language has the same positions."""
    wanted = sizes(to)
    if interpolation not in MODES:
        raise UnsaidError(f"it interpolates by `{interpolation}`")
    if interpolation == "nearest" and not _same_nearest(positions(x).sizes, wanted):
        raise UnsaidError("it takes other positions as the nearest: those at half a position more")
    return site.own(built(ops.Resize, x.axes, to=wanted, mode=MODES[interpolation]), x)


def _same_nearest(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether floor((i + 1/2) n / m) is floor(i n / m) for all positions."""
    return all(
        (2 * i + 1) * n // (2 * m) == i * n // m
        for n, m in zip(given, wanted, strict=True)
        for i in range(m)
    )
