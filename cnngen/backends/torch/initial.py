"""How weights start in torch: a layer goes through a function that the module defines."""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import Site, argument
from cnngen.backends.code import Call, call
from cnngen.ops.initial import DEFAULT, Initial

SCALED = {
    f"{kind}_{distribution}": (f"kaiming_{distribution}_", gain)
    for kind, gain in (("he", "relu"), ("lecun", "linear"))
    for distribution in ("normal", "uniform")
}
"""The functions that take a mode: what each calls, and the name of its gain in torch."""

FUNCTIONS = frozenset(
    {*SCALED, "xavier_normal", "xavier_uniform", "truncated_normal", "zero_weights"}
) | {"constant_weights", "keras_depthwise", "orthogonal_weights"}
"""What a layer with a kernel can go through."""

OWN = ("default", "torch")
"""What torch does by itself."""


def is_started(site: Site) -> bool:
    """Whether the layer goes through a function of the module."""
    init: Initial = getattr(site.op, "init", DEFAULT)
    return init.kind not in OWN or getattr(site.op, "zero_scale", False)


def started(site: Site, module: Call) -> tuple[Call, tuple[str, ...]]:
    """The module with its weights as the layer's op says, and the function that this needs."""
    op: Any = site.op
    init: Initial = op.init
    if init.kind in OWN:
        return module, ()
    given: tuple[object, ...] = ()
    if init.mode == "fan_out":
        given = ("fan_out",)
    elif init.kind == "truncated_normal":
        given = (init.deviation,)
    elif init.kind == "constant":
        given = (init.value,)
    elif init.kind == "ones":
        given = (1.0,)
    name = _function(site, init)
    return call(name, module, *given), (name,)


def _function(site: Site, init: Initial) -> str:
    if init.kind == "zeros":
        return "zero_weights"
    if init.kind == "truncated_normal":
        return init.kind
    if init.kind in ("constant", "ones"):
        return "constant_weights"
    if init.kind == "orthogonal":
        return "orthogonal_weights"
    if init.kind == "keras":
        # With one filter for each channel, the sum of both fans is the same in both frameworks.
        several = isinstance(site.op, ops.DepthwiseConv) and argument(site, "multiplier") != 1
        return "keras_depthwise" if several else "xavier_uniform"
    return f"{init.kind}_{init.distribution}"
