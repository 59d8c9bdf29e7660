"""How weights start in Keras: the initialisers of a layer, a fresh one for each.

Fans as torch counts them are those of Keras too, but for ``DepthwiseConv2D``: Keras has its
``fan_in`` include all channels, though a filter sees one. With C channels, m filters for each and
a window of k cells, torch counts k and C m k, Keras C k and m k.
"""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import SPELLING, arguments, size, symbolic, unusual
from cnngen.backends.code import Call, Raw, Symbolic, call
from cnngen.formula import Formula, is_constant, names, operation, text
from cnngen.ir import Layer
from cnngen.ops.initial import Initial
from cnngen.record import NamedTuple

OWN = {
    "he(uniform)": "he_uniform",
    "lecun(uniform)": "lecun_uniform",
    "xavier(uniform)": "glorot_uniform",
    "zeros": "zeros",
}
"""What Keras has a name for, which makes a fresh initialiser each time."""

SCALED = {
    "he_normal": (2.0, "untruncated_normal"),
    "he_uniform": (2.0, "uniform"),
    "lecun_normal": (1.0, "untruncated_normal"),
    "lecun_uniform": (1.0, "uniform"),
}
"""The functions that take a mode: the scale and the distribution of each."""

FUNCTIONS = frozenset({*SCALED, "xavier_normal", "depthwise_scaling", "torch_kernel", "torch_bias"})
"""What a generated module may define."""


class Start(NamedTuple):
    """A layer's arguments that say how it starts, and the functions that they need."""

    keywords: dict[str, object]
    needs: tuple[str, ...]


def started(layer: Layer) -> Start:
    """How the layer's weights start."""
    op: Any = layer.op
    init: Initial = op.init
    if init.kind == "default":
        return Start({}, ())
    own_class = isinstance(op, ops.DepthwiseConv) and not is_grouped(op)
    kernel = _depthwise_kernel(layer, init) if own_class else _kernel(layer, init)
    name = "depthwise_initializer" if own_class else "kernel_initializer"
    given: dict[str, object] = {} if kernel is None else {name: kernel}
    if init.kind == "torch" and arguments(layer)("bias") is not False:
        given["bias_initializer"] = call("torch_bias", *_inputs(layer))
    functions = {value.function for value in given.values() if isinstance(value, Call)}
    return Start(given, tuple(sorted(functions & FUNCTIONS)))


def is_grouped(op: ops.DepthwiseConv) -> bool:
    """Whether it is a grouped ``Conv2D``: ``DepthwiseConv2D`` cannot step so on a CPU."""
    return op.stride[0] != op.stride[1]


def _kernel(layer: Layer, init: Initial) -> Call | str | None:
    """The initialiser of a kernel whose fans are torch's; None where Keras does so by itself."""
    if init.kind == "truncated_normal":
        return call("keras.initializers.TruncatedNormal", stddev=init.deviation)
    if init.kind == "torch":
        return call("torch_kernel")
    if init.kind == "keras":
        by_torch, by_keras = _depthwise_fans(layer)
        return _scaled_by(by_torch, by_keras, "uniform")
    if init in OWN:
        return OWN[init]
    mode = ("fan_out",) if init.mode == "fan_out" else ()
    return call(f"{init.kind}_{init.distribution}", *mode)


def _depthwise_kernel(layer: Layer, init: Initial) -> Call | str | None:
    """The same for a ``DepthwiseConv2D``."""
    if init.kind == "keras":
        return None
    if init.kind == "xavier":
        by_torch, by_keras = _depthwise_fans(layer)
        distribution = "uniform" if init.distribution == "uniform" else "untruncated_normal"
        return _scaled_by(by_keras, by_torch, distribution) or _kernel(layer, init)
    if init.kind in ("zeros", "truncated_normal"):
        return _kernel(layer, init)
    scale: float | Raw
    if init.kind == "torch":
        scale, distribution = Raw("1 / 3"), "uniform"
    else:
        scale, distribution = SCALED[f"{init.kind}_{init.distribution}"]
    multiplier = unusual(layer, multiplier=1)
    return call("depthwise_scaling", scale, init.mode, distribution, **multiplier)


def _depthwise_fans(layer: Layer) -> tuple[Formula, Formula]:
    """The sum of both fans of a depthwise kernel, for each cell, as torch and as Keras count."""
    if not isinstance(layer.op, ops.DepthwiseConv):
        return 1, 1
    channels = layer.source
    multiplier = layer.formulas.get("multiplier", layer.op.multiplier)
    by_torch = operation("+", 1, operation("*", channels, multiplier))
    return by_torch, operation("+", channels, multiplier)


def _scaled_by(above: Formula, below: Formula, distribution: str) -> Call | None:
    """Variance scaling by the mean fan times ``above / below``; None where that is 1."""
    if above == below:
        return None
    scale = Symbolic(
        f"({text(above, SPELLING)}) / ({text(below, SPELLING)})", names(above) | names(below)
    )
    if is_constant(above) and is_constant(below):
        scale = Symbolic(f"{above} / {below}", frozenset())
    return call("keras.initializers.VarianceScaling", scale, "fan_avg", distribution)


def _inputs(layer: Layer) -> tuple[object, ...]:
    """What torch counts for the bound of a bias: channels that a filter sees, and its window."""
    op, channels = layer.op, layer.source
    if isinstance(op, ops.Dense):
        return (symbolic(channels),)
    if isinstance(op, ops.DepthwiseConv):
        channels = 1
    elif isinstance(op, ops.ConvTranspose):
        channels = layer.channels
    elif isinstance(op, ops.Conv):
        groups = layer.formulas.get("groups", op.groups)
        channels = channels if groups == 1 else operation("//", channels, groups)
    return symbolic(channels), size(layer, "kernel")
