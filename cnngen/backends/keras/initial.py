"""How weights start in Keras: the initialisers of a layer, a fresh one for each.

Fans as torch counts them are those of Keras too, but for ``DepthwiseConv2D``: Keras has its
``fan_in`` include all channels, though a filter sees one. With C channels, m filters for each and
a window of k cells, torch counts k and C m k, Keras C k and m k; where m is 1, the sums of both are
the same.
"""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import Site, argument, separated, size, unusual
from cnngen.backends.code import Call, Raw, call
from cnngen.expressions import is_constant, operation
from cnngen.ops.initial import Initial
from cnngen.record import NamedTuple

OWN = {
    "he(uniform)": "he_uniform",
    "lecun(uniform)": "lecun_uniform",
    "xavier(uniform)": "glorot_uniform",
    "orthogonal": "orthogonal",
    "zeros": "zeros",
    "ones": "ones",
}
"""What Keras has a name for, which makes a fresh initialiser each time."""

SCALED = {
    "he_untruncated": (2.0, "untruncated_normal"),
    "he_uniform": (2.0, "uniform"),
    "lecun_untruncated": (1.0, "untruncated_normal"),
    "lecun_uniform": (1.0, "uniform"),
}
"""The functions that take a mode: the scale and the distribution of each.

What Keras itself calls ``he_normal`` and ``lecun_normal`` is truncated.
"""

DISTRIBUTIONS = {"normal": "untruncated_normal", "uniform": "uniform"}
"""What Keras calls them."""

FUNCTIONS = frozenset(
    {*SCALED, "xavier_untruncated", "torch_kernel", "torch_bias"}
    | {"DepthwiseOrthogonal", "depthwise_scaling", "depthwise_xavier", "keras_depthwise"}
)
"""What a generated module may define."""


class Start(NamedTuple):
    """A layer's arguments that say how it starts, and the functions that they need."""

    keywords: dict[str, object]
    needs: tuple[str, ...]


def started(site: Site) -> Start:
    """How the layer's weights start."""
    op: Any = site.op
    init: Initial = op.init
    if init.kind == "default":
        return Start({}, ())
    if isinstance(op, ops.SeparableConv):
        return _separable(site)
    own_class = isinstance(op, ops.DepthwiseConv) and not is_grouped(site)
    kernel = _depthwise_kernel(site, init) if own_class else _kernel(site, init)
    name = "depthwise_initializer" if own_class else "kernel_initializer"
    given: dict[str, object] = {} if kernel is None else {name: kernel}
    if init.kind == "torch" and argument(site, "bias") is not False:
        given["bias_initializer"] = call("torch_bias", *_inputs(site))
    functions = {value.function for value in given.values() if isinstance(value, Call)}
    return Start(given, tuple(sorted(functions & FUNCTIONS)))


def _separable(site: Site) -> Start:
    """How both kernels of a separable convolution start."""
    depthwise, pointwise = (started(part) for part in separated(site))
    renamed = {
        name.replace("kernel_", "pointwise_"): value for name, value in pointwise.keywords.items()
    }
    return Start(depthwise.keywords | renamed, (*depthwise.needs, *pointwise.needs))


def is_grouped(site: Site) -> bool:
    """Whether a depthwise convolution is written as one in groups.

    Keras has no ``DepthwiseConv3D``, and ``DepthwiseConv2D`` cannot step unevenly on a CPU.
    """
    stride: Any = site.op.stride  # type: ignore[attr-defined]
    return site.axes == 3 or (is_constant(stride) and len(set(stride)) > 1)


def _kernel(site: Site, init: Initial) -> Call | str | None:
    """The initialiser of a kernel whose fans are torch's; None where Keras does so by itself."""
    if init.kind == "truncated_normal":
        return call("keras.initializers.TruncatedNormal", stddev=init.deviation)
    if init.kind == "constant":
        return call("keras.initializers.Constant", init.value)
    if init.kind == "torch":
        return call("torch_kernel")
    if init.kind == "keras":
        return None if _fans_are_equal(site) else call("keras_depthwise", *_filters(site))
    if init in OWN:
        return OWN[init]
    mode = ("fan_out",) if init.mode == "fan_out" else ()
    return call(_function(init), *mode)


def _function(init: Initial) -> str:
    """The function that makes ``he``, ``lecun`` or ``xavier`` with the fans of Keras."""
    return f"{init.kind}_{'uniform' if init.distribution == 'uniform' else 'untruncated'}"


def _depthwise_kernel(site: Site, init: Initial) -> Call | str | None:
    """The same for a ``DepthwiseConv2D``."""
    if init.kind == "keras":
        return None
    if init.kind == "xavier" and not _fans_are_equal(site):
        return call("depthwise_xavier", *_filters(site), DISTRIBUTIONS[init.distribution])
    if init.kind == "orthogonal":
        return call("DepthwiseOrthogonal")
    if init.kind in ("xavier", "zeros", "ones", "truncated_normal", "constant"):
        return _kernel(site, init)
    scale: float | Raw
    if init.kind == "torch":
        scale, distribution = Raw("1 / 3"), "uniform"
    else:
        scale, distribution = SCALED[_function(init)]
    multiplier = unusual(site, multiplier=1)
    return call("depthwise_scaling", scale, init.mode, distribution, **multiplier)


def _fans_are_equal(site: Site) -> bool:
    """Whether the sum of both fans is the same in both frameworks: one filter for each channel."""
    return not isinstance(site.op, ops.DepthwiseConv) or argument(site, "multiplier") == 1


def _filters(site: Site) -> tuple[object, object]:
    """How many channels come in, and how many filters each of them has."""
    return site.code(site.source), argument(site, "multiplier")


def _inputs(site: Site) -> tuple[object, ...]:
    """What torch counts for the bound of a bias: channels that a filter sees, and its window."""
    op, channels = site.op, site.source
    if isinstance(op, ops.Dense):
        return (site.code(channels),)
    if isinstance(op, ops.DepthwiseConv):
        channels = 1
    elif isinstance(op, ops.ConvTranspose):
        channels = site.channels
    elif isinstance(op, ops.Conv):
        groups = op.groups
        channels = channels if groups == 1 else operation("//", channels, groups)
    kernel = size(site, "kernel")
    given = (site.code(channels), kernel)
    # One number stands for all axes: how many there are has to be said where they are not two.
    return given if site.axes == 2 or isinstance(kernel, tuple) else (*given, site.axes)
