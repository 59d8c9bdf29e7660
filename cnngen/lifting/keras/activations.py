"""Activations: what layers apply runs on Keras' own tensors, which makes functions of it."""

from __future__ import annotations

from typing import Any

import keras

from cnngen import ops
from cnngen.lifting.keras.site import Site, UnsaidError, Value, built, last, only, says, sizes
from cnngen.ops import Map, Op

PLAIN: dict[str, type[Op]] = {
    "ops.Relu": ops.Relu,
    "ops.Relu6": ops.Relu6,
    "ops.Selu": ops.Selu,
    "ops.Silu": ops.Silu,
    "ops.Sigmoid": ops.Sigmoid,
    "ops.LogSigmoid": ops.LogSigmoid,
    "ops.HardSigmoid": ops.HardSigmoid,
    "ops.HardSilu": ops.HardSwish,
    "ops.Absolute": ops.Abs,
    "ops.Tanh": ops.Tanh,
    "ops.HardTanh": ops.HardTanh,
    "ops.Softsign": ops.Softsign,
    "ops.Softplus": ops.Softplus,
}
"""Functions without arguments."""


def _register(name: str, op: type[Op]) -> None:
    says(name)(lambda site: site.own(op(), only(site)))


for _name, _op in PLAIN.items():
    _register(_name, _op)


@says("activations.ReLU")
def _relu(site: Site) -> Value:
    function, x = site.layer, only(site)
    slope, most = float(function.negative_slope), function.max_value
    if function.threshold:
        raise UnsaidError(f"it has a threshold of {function.threshold}")
    if slope and most is not None:
        raise UnsaidError("it has a slope and a ceiling")
    if slope:
        return site.own(built(ops.LeakyRelu, x.axes, slope=slope), x)
    return site.own(ceiling(None if most is None else float(most), x), x)


def ceiling(most: float | None, x: Value) -> Op:
    """A ReLU with a ceiling; that of 6 has a name of its own."""
    return ops.Relu6() if most == 6 else built(ops.Relu, x.axes, max=most)


@says("ops.LeakyRelu")
def _leaky_relu(site: Site) -> Value:
    x = only(site)
    return site.own(built(ops.LeakyRelu, x.axes, slope=float(site.layer.negative_slope)), x)


@says("ops.Elu")
def _elu(site: Site) -> Value:
    return _with_alpha(site, ops.Elu)


@says("ops.Celu")
def _celu(site: Site) -> Value:
    return _with_alpha(site, ops.Celu)


def _with_alpha(site: Site, cls: type[Op]) -> Value:
    x = only(site)
    return site.own(built(cls, x.axes, alpha=float(site.layer.alpha)), x)


@says("ops.Gelu")
def _gelu(site: Site) -> Value:
    x = only(site)
    form = "tanh" if site.layer.approximate else "exact"
    return site.own(built(ops.Gelu, x.axes, form=form), x)


def _across_channels(site: Site, op: Op) -> Value:
    x = only(site)
    if not last(site.layer.axis, x):
        raise UnsaidError(f"it goes along axis {site.layer.axis}, not along the channels")
    return site.own(op, x)


@says("ops.Softmax")
def _softmax(site: Site) -> Value:
    return _across_channels(site, ops.Softmax())


@says("ops.LogSoftmax")
def _log_softmax(site: Site) -> Value:
    return _across_channels(site, ops.LogSoftmax())


@says("ops.Glu")
def _glu(site: Site) -> Value:
    return _across_channels(site, ops.Glu())


@says("layers.PReLU")
def _prelu(site: Site) -> Value:
    """Slopes are shared along axes, counted from one."""
    layer, x = site.layer, only(site)
    shared = set(sizes(layer.shared_axes or ()))
    if isinstance(x.known, Map):
        of_positions = set(range(1, x.axes + 1))
        ways = {"cell": set(), "channel": of_positions, "layer": of_positions | {x.axes + 1}}
    else:
        ways = {"channel": set(), "layer": {1}}
    for per, axes in ways.items():
        if shared == axes:
            return site.own(built(ops.PRelu, x.axes, per=per), x)
    raise UnsaidError(f"its slopes are shared along axes {sorted(shared)}")


WHOLE: dict[Any, type[Op]] = {
    keras.activations.hard_silu: ops.HardSwish,
    keras.activations.mish: ops.Mish,
}
"""Functions that do not run on Keras' own tensors."""


def applied(site: Site, activation: Any, x: Value) -> Value:
    """What an activation makes of a value: one of Keras', a layer, or a function of the user's."""
    whole = WHOLE.get(activation)
    if whole is not None:
        return site.step(whole(), x)
    made: Value = site.traced(activation, x)
    return made


@says("layers.Activation")
def _activation(site: Site) -> Value:
    x = only(site)
    return _something(site, x, applied(site, site.layer.activation, x))


@says("layers.ReLU", "layers.LeakyReLU", "layers.ELU", "layers.Softmax")
def _layer(site: Site) -> Value:
    """A layer that is the function that it calls."""
    x = only(site)
    return _something(site, x, site.traced(site.layer.call, x))


def _something(site: Site, x: Value, y: Value) -> Value:
    """A linear activation is a layer all the same."""
    return site.own(ops.Identity(), x) if y.step == x.step else y
