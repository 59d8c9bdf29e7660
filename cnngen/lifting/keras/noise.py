"""What draws at random in training."""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.lifting.keras.site import Site, UnsaidError, Value, built, on_axes, only, says
from cnngen.ops import Map, Op


def _draws(site: Site, cls: type[Op], **values: Any) -> Value:
    """Nothing is drawn where a call says that it is not training."""
    x = only(site)
    if site.training:
        raise UnsaidError("it is called with `training=True`, and draws in evaluation too")
    if site.training is False:
        return x
    return site.own(built(cls, x.axes, **values), x)


@says("layers.Dropout")
def _dropout(site: Site) -> Value:
    """The shape that is drawn has 1 along axes that share what is drawn."""
    return _draws(site, _shared(site.layer.noise_shape, only(site)), rate=float(site.layer.rate))


def _shared(drawn: Any, x: Value) -> type[Op]:
    if drawn is None:
        return ops.Dropout
    shape = x.known
    own = (*shape.sizes, shape.channels) if isinstance(shape, Map) else (shape.features,)
    batch, *rest = drawn
    if len(rest) == len(own) and batch is None:
        apart = [size is None or size == whole for size, whole in zip(rest, own, strict=True)]
        alone = [size == 1 for size in rest]
        if all(alone):
            return ops.DropPath
        if all(apart):
            return ops.Dropout
        if isinstance(shape, Map) and all(alone[:-1]) and apart[-1]:
            return ops.SpatialDropout
    raise UnsaidError(f"`noise_shape={drawn}` draws one number for several values of a map")


@says(*on_axes("SpatialDropout{}D"))
def _spatial_dropout(site: Site) -> Value:
    return _draws(site, ops.SpatialDropout, rate=float(site.layer.rate))


@says("layers.GaussianDropout")
def _gaussian_dropout(site: Site) -> Value:
    return _draws(site, ops.GaussianDropout, rate=float(site.layer.rate))


@says("layers.GaussianNoise")
def _gaussian_noise(site: Site) -> Value:
    return _draws(site, ops.GaussianNoise, deviation=float(site.layer.stddev))


@says("applications.StochasticDepth")
def _stochastic_depth(site: Site) -> Value:
    """That of ConvNeXt."""
    return _draws(site, ops.DropPath, rate=float(site.layer.drop_path_rate))
