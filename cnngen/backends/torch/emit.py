"""From op to torch: the module that stands for a layer, and where its weights are kept.

Every layer becomes one submodule, so that a hook on it sees the layer's own output; a bare
`layer_scale` alone is a parameter. Where torch needs a padding of its own first, the two are a
Sequential.
"""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import (
    Site,
    Slot,
    Table,
    argument,
    is_all,
    is_fixed,
    separated,
    size,
    square,
    tidy,
    unusual,
)
from cnngen.backends.code import Call, Symbolic, call
from cnngen.backends.torch.initial import started
from cnngen.expressions import operation
from cnngen.ops.kinds import PerAxis
from cnngen.ops.window import Pads
from cnngen.record import NamedTuple


class Emission(NamedTuple):
    """The constructor call of a layer's module, its weights, and the helper classes it needs.

    Where it ``multiplies``, a parameter stands in the module's place; ``spread`` is the index that
    spreads it over positions.
    """

    module: Call
    slots: dict[str, Slot] = {}  # noqa: RUF012 - never changed
    needs: tuple[str, ...] = ()
    multiplies: bool = False
    spread: str = ""


TABLE: Table[Emission] = Table()

KERNEL = Slot("weight", "out in window")
BIAS = Slot("bias", "out")
PADDING = {"pad": "padding", "output_pad": "output_padding"}
AFFINE = {"scale": Slot("weight", "channels"), "shift": Slot("bias", "channels")}

RENAMES: dict[type[ops.Op], Call] = {
    ops.Relu6: call("nn.ReLU6"),
    ops.Selu: call("nn.SELU"),
    ops.Silu: call("nn.SiLU"),
    ops.Mish: call("nn.Mish"),
    ops.Sigmoid: call("nn.Sigmoid"),
    ops.LogSigmoid: call("nn.LogSigmoid"),
    ops.HardSwish: call("nn.Hardswish"),
    ops.HardTanh: call("nn.Hardtanh"),
    ops.Tanh: call("nn.Tanh"),
    ops.Softsign: call("nn.Softsign"),
    ops.Glu: call("nn.GLU", dim=1),
    ops.Softplus: call("nn.Softplus"),
    ops.Softmax: call("nn.Softmax", dim=1),
    ops.LogSoftmax: call("nn.LogSoftmax", dim=1),
    ops.Flatten: call("nn.Flatten"),
    ops.Identity: call("nn.Identity"),
    ops.Abs: call("Abs"),
    ops.ChannelMean: call("ChannelMean"),
    ops.ChannelMax: call("ChannelMax"),
}
"""Ops that are a pure rename."""


def _renamed(site: Site) -> Emission:
    made = RENAMES[type(site.op)]
    needs = () if "." in made.function else (made.function,)
    return Emission(call(made.function, inplace=True) if site.overwrites else made, needs=needs)


for _op in RENAMES:
    TABLE.emits(_op)(_renamed)


@TABLE.emits(ops.Conv)
def _conv(site: Site) -> Emission:
    inner = [site.code(site.source), argument(site, "channels")]
    return _convolution(site, inner, unusual(site, groups=1), KERNEL)


@TABLE.emits(ops.StandardizedConv)
def _standardized_conv(site: Site) -> Emission:
    inner = [site.code(site.source), argument(site, "channels")]
    given = unusual(site, groups=1, eps=1e-5)
    return _convolution(site, inner, given, KERNEL, "StandardizedConv")


@TABLE.emits(ops.DepthwiseConv)
def _depthwise_conv(site: Site) -> Emission:
    channels = site.code(site.source)
    slot = Slot("weight", "(channels multiplier) 1 window")
    return _convolution(site, [channels, site.code(site.channels)], {"groups": channels}, slot)


@TABLE.emits(ops.SeparableConv)
def _separable_conv(site: Site) -> Emission:
    """The two in one module, which has the output of the second."""
    depthwise, pointwise = (TABLE(part) for part in separated(site))
    slots = {
        "depthwise": Slot("depthwise.weight", "(channels multiplier) 1 window"),
        "pointwise": Slot("pointwise.weight", "out in" + " 1" * site.axes),
        "bias": Slot("pointwise.bias", "out"),
    }
    made = call("SeparableConv", depthwise.module, pointwise.module)
    return Emission(made, slots, ("SeparableConv", *depthwise.needs, *pointwise.needs))


def _convolution(
    site: Site,
    sizes: list[object],
    given: dict[str, object],
    kernel: Slot,
    kind: str = "Conv",
) -> Emission:
    """A convolution; what ``pad=same`` means at a stride is worked out where it is applied."""
    op: Any = site.op
    own = f"{kind}{site.axes}d"
    function = f"nn.{own}" if kind == "Conv" else own
    needs: tuple[str, ...] = () if kind == "Conv" else (own,)
    keywords = unusual(site, stride=1)
    if op.pad_after is not None:
        function = f"Padded{own}"
        around, needs = _at_sides(site, "pad", "pad_after")
        needs = (function, *needs)
        keywords["sides"] = around
        if op.pad_mode != "zeros":
            keywords["border"] = op.pad_mode
    elif op.pad != "same":
        keywords |= {PADDING[name]: value for name, value in unusual(site, pad=0).items()}
        if "padding" in keywords and op.pad_mode != "zeros":
            keywords["padding_mode"] = op.pad_mode
    elif not is_all(op.kernel, 1) and is_all(op.stride, 1):
        keywords["padding"] = "same"
    elif not is_all(op.kernel, 1):
        function = f"Same{own}"
        needs = (function,)
    keywords |= unusual(site, dilation=1)
    keywords |= given
    keywords |= unusual(site, bias=True)
    made = call(function, *sizes, size(site, "kernel"), **keywords)
    module, more = started(site, made)
    return Emission(module, {"kernel": kernel, "bias": BIAS}, (*needs, *more))


@TABLE.emits(ops.ConvTranspose)
def _conv_transpose(site: Site) -> Emission:
    op: Any = site.op
    given = unusual(site, stride=1, pad=0, output_pad=0, groups=1, bias=True, dilation=1)
    function = f"nn.ConvTranspose{site.axes}d"
    needs: tuple[str, ...] = ()
    if op.pad == "same":
        del given["pad"]
        if not is_fixed(site, "kernel", "stride", "dilation") or not op.cut.symmetric:
            function = f"SameConvTranspose{site.axes}d"
            needs = (function,)
        else:
            same = {"padding": square(op.cut.before), "output_padding": square(op.added)}
            given |= {name: cells for name, cells in same.items() if cells != 0}
    keywords = {PADDING.get(name, name): value for name, value in given.items()}
    channels = argument(site, "channels")
    made = call(function, site.code(site.source), channels, size(site, "kernel"), **keywords)
    module, more = started(site, made)
    slots = {"kernel": Slot("weight", "in out window"), "bias": BIAS}
    return Emission(module, slots, (*needs, *more))


@TABLE.emits(ops.MaxPool)
def _maxpool(site: Site) -> Emission:
    op: Any = site.op
    if op.has_output:
        return Emission(call(f"nn.AdaptiveMaxPool{site.axes}d", _output(site)))
    function = f"nn.MaxPool{site.axes}d"
    keywords = _window_keywords(site)
    if op.has_border:
        pool = call(function, size(site, "kernel"), **keywords)
        return _bordered(site, pool, () if op.pad_mode else (call("float", "-inf"),))
    around = _same(site)
    if around is None or (isinstance(around, Pads) and not around.any):
        return Emission(call(function, size(site, "kernel"), **keywords))
    if isinstance(around, Pads) and around.symmetric and _is_half(around, op.kernel):
        padding = square(around.before)
        return Emission(call(function, size(site, "kernel"), **keywords, padding=padding))
    infinite = call("float", "-inf")
    pool = call(function, size(site, "kernel"), **keywords)
    if isinstance(around, Pads):
        return _in_turn(call(f"nn.ConstantPad{site.axes}d", _sides(around), infinite), pool)
    step = keywords.get("stride", size(site, "kernel"))
    apart = unusual(site, dilation=1)
    before = call("SamePad", size(site, "kernel"), step, **apart, value=infinite)
    return _in_turn(before, pool)._replace(needs=("SamePad",))


def _bordered(site: Site, pool: Call, filling: tuple[Call, ...] = ()) -> Emission:
    """A pool behind a layer that puts cells around the map; ``filling`` is what is in them."""
    op: Any = site.op
    kind = "Constant" if filling else BORDERS[op.pad_mode]
    around, needs = _at_sides(site, "pad", "pad_after")
    border = call(f"nn.{kind}Pad{site.axes}d", around, *filling)
    return _in_turn(border, pool)._replace(needs=needs)


def _at_sides(site: Site, before: str, after: str) -> tuple[Any, tuple[str, ...]]:
    """The cells at the sides of a map in torch's order, and the helper that this needs."""
    op: Any = site.op
    cells = size(site, before)
    if getattr(op, after) is None and (site.axes == 1 or isinstance(cells, int)):
        return cells, ()
    if is_fixed(site, before, after):
        own = getattr(op, before)
        return _sides(Pads(own, own if getattr(op, after) is None else getattr(op, after))), ()
    given = [cells] if getattr(op, after) is None else [cells, size(site, after)]
    if site.axes == 1:
        return tuple(given), ()
    return call("sides", site.axes, *given), ("sides",)


def _is_half(around: Pads, kernel: PerAxis) -> bool:
    """Whether a pool takes this padding: torch's has at most half of the window, gaps aside."""
    return all(2 * pad <= cells for pad, cells in zip(around.before, kernel, strict=True))


def _output(site: Site) -> object:
    """The size that an adaptive pool gives."""
    op: Any = site.op
    return 1 if op.kernel == "global" else size(site, "adaptive")


def _same(site: Site) -> Pads | tuple[str] | None:
    """The padding of ``pad=same``; without a plan where it depends on the size; None without it."""
    op: Any = site.op
    if op.pad != "same":
        return None
    if is_all(op.kernel, 1):
        return Pads((0,) * site.axes, (0,) * site.axes)
    window = ("kernel", "dilation") if hasattr(op, "dilation") else ("kernel",)
    if not is_fixed(site, *window) or not is_all(op.step, 1):
        return ("depends",)
    around: Pads = op.pads(op.kernel)  # at a stride of 1 every size gives the same
    return around


def _sides(around: Pads) -> tuple[int, ...]:
    """Torch's order: before and after, the last axis first."""
    axes = zip(reversed(around.before), reversed(around.after), strict=True)
    return tuple(side for axis in axes for side in axis)


def _in_turn(first: Call, second: Call) -> Emission:
    return Emission(Call("nn.Sequential", (first, second)))


BORDERS = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication"}
"""What torch calls the ways to pad."""


@TABLE.emits(ops.Pad)
def _pad(site: Site) -> Emission:
    op: Any = site.op
    function = f"nn.{BORDERS[op.mode]}Pad{site.axes}d"
    around, needs = _at_sides(site, "cells", "after")
    return Emission(call(function, around), needs=needs)


@TABLE.emits(ops.Crop)
def _crop(site: Site) -> Emission:
    op: Any = site.op
    after = {} if op.after is None else {"after": size(site, "after")}
    axes = {} if site.axes == 2 else {"axes": site.axes}
    return Emission(call("Crop", size(site, "cells"), **after, **axes), needs=("Crop",))


LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""What torch calls linear interpolation along so many axes."""


def interpolation(mode: str, axes: int) -> str:
    """What torch calls a mode of ``resize``."""
    return {"linear": LINEAR[axes], "cubic": "bicubic"}.get(mode, mode)


@TABLE.emits(ops.Resize)
def _resize(site: Site) -> Emission:
    op: Any = site.op
    mode = {} if op.mode == "nearest" else {"mode": interpolation(op.mode, site.axes)}
    if op.to is None:
        return Emission(call("nn.Upsample", scale_factor=size(site, "factor"), **mode))
    if mode:
        return Emission(call("nn.Upsample", size(site, "to"), **mode))
    # Torch's own rounds n / m first: in float32 it is one position off for some sizes.
    axes = {} if site.axes == 2 else {"axes": site.axes}
    return Emission(call("ResizeNearest", size(site, "to"), **axes), needs=("ResizeNearest",))


@TABLE.emits(ops.PixelShuffle)
def _pixel_shuffle(site: Site) -> Emission:
    return Emission(call("nn.PixelShuffle", argument(site, "factor")))


@TABLE.emits(ops.PixelUnshuffle)
def _pixel_unshuffle(site: Site) -> Emission:
    return Emission(call("nn.PixelUnshuffle", argument(site, "factor")))


@TABLE.emits(ops.AvgPool)
def _avgpool(site: Site) -> Emission:
    op: Any = site.op
    if op.has_output:
        return Emission(call(f"nn.AdaptiveAvgPool{site.axes}d", _output(site)))
    keywords = _window_keywords(site)
    if op.has_border:
        return _bordered(site, call(f"nn.AvgPool{site.axes}d", size(site, "kernel"), **keywords))
    around = _same(site)
    if around is not None and not (isinstance(around, Pads) and around.symmetric):
        step = keywords.get("stride", size(site, "kernel"))
        uncounted = (
            {} if op.count_pad is True else {"count_include_pad": argument(site, "count_pad")}
        )
        name = f"SameAvgPool{site.axes}d"
        return Emission(call(name, size(site, "kernel"), step, **uncounted), needs=(name,))
    if isinstance(around, Pads) and around.any:
        keywords["padding"] = square(around.before)
    if op.count_pad is not True and ("padding" in keywords or op.ceil is not False):
        keywords["count_include_pad"] = argument(site, "count_pad")
    return Emission(call(f"nn.AvgPool{site.axes}d", size(site, "kernel"), **keywords))


@TABLE.emits(ops.BlurPool)
def _blurpool(site: Site) -> Emission:
    function = f"BlurPool{site.axes}d"
    made = call(function, site.code(site.source), size(site, "kernel"), size(site, "stride"))
    return Emission(made, needs=(function,))


def _window_keywords(site: Site) -> dict[str, object]:
    op: Any = site.op
    keywords: dict[str, object] = {}
    if op.stride is not None and op.stride != op.kernel:
        keywords["stride"] = size(site, "stride")
    if op.pad != "same" and not is_all(op.pad, 0) and not op.has_border:
        keywords["padding"] = size(site, "pad")
    if not is_all(getattr(op, "dilation", (1,)), 1):
        keywords["dilation"] = size(site, "dilation")
    if op.ceil is not False:
        keywords["ceil_mode"] = argument(site, "ceil")
    return keywords


@TABLE.emits(ops.BatchNorm)
def _batch_norm(site: Site) -> Emission:
    op: Any = site.op
    keywords = unusual(site, eps=1e-5, momentum=0.1)
    if op.affine not in WITHOUT:
        keywords |= unusual(site, affine=True)
    function = f"nn.BatchNorm{site.axes or 1}d"
    statistics = {
        "mean": Slot("running_mean", "channels"),
        "variance": Slot("running_var", "channels"),
    }
    emission = _with_one(site, call(function, site.code(site.source), **keywords))
    if op.zero_scale:
        module, needs = call("zero_scale", emission.module), ("zero_scale", *emission.needs)
        emission = Emission(module, needs=needs)
    return emission._replace(slots=AFFINE | statistics)


WITHOUT = {"scale": "without_shift", "shift": "without_scale"}
"""The functions that a norm goes through which has one of the two alone."""


def _with_one(site: Site, module: Call) -> Emission:
    """A norm with a scale alone, or a shift alone, where its op says so."""
    op: Any = site.op
    if op.affine not in WITHOUT:
        return Emission(module, AFFINE)
    function = WITHOUT[op.affine]
    return Emission(call(function, module), AFFINE, (function,))


@TABLE.emits(ops.LayerNorm)
def _layer_norm(site: Site) -> Emission:
    op: Any = site.op
    keywords = unusual(site, eps=1e-5)
    if op.affine is not True and op.affine not in WITHOUT:
        keywords["elementwise_affine"] = argument(site, "affine")
    if not site.is_map:
        return _with_one(site, call("nn.LayerNorm", site.code(site.source), **keywords))
    name = f"LayerNorm{site.axes}d"
    emission = _with_one(site, call(name, site.code(site.source), **keywords))
    return emission._replace(needs=(name, *emission.needs))


@TABLE.emits(ops.GroupNorm)
def _group_norm(site: Site) -> Emission:
    keywords = unusual(site, eps=1e-5, affine=True)
    groups = argument(site, "groups")
    return Emission(call("nn.GroupNorm", groups, site.code(site.source), **keywords), AFFINE)


@TABLE.emits(ops.InstanceNorm)
def _instance_norm(site: Site) -> Emission:
    """As a group norm: torch's own instance norm refuses a map of one position in training."""
    keywords = unusual(site, eps=1e-5, affine=True)
    channels = site.code(site.source)
    return Emission(call("nn.GroupNorm", channels, channels, **keywords), AFFINE)


@TABLE.emits(ops.RmsNorm)
def _rms_norm(site: Site) -> Emission:
    slots = {"scale": Slot("weight", "channels")}
    function = f"RMSNorm{site.axes}d" if site.is_map else "nn.RMSNorm"
    made = call(function, site.code(site.source), eps=argument(site, "eps"))
    return Emission(made, slots, (function,) if site.is_map else ())


@TABLE.emits(ops.GlobalResponseNorm)
def _global_response_norm(site: Site) -> Emission:
    slots = {"scale": Slot("gamma", "channels"), "shift": Slot("beta", "channels")}
    made = call("GlobalResponseNorm", site.code(site.source), argument(site, "eps"))
    return Emission(made, slots, ("GlobalResponseNorm",))


@TABLE.emits(ops.LocalResponseNorm)
def _local_response_norm(site: Site) -> Emission:
    op: Any = site.op
    given = {name: argument(site, name) for name in ("beta", "k")}
    # Torch divides alpha by the size, the paper does not.
    product = operation("*", op.alpha, op.size)
    alpha = tidy(product) if isinstance(product, (int, float)) else site.code(product)
    # Torch's own takes no permuted map of three axes.
    needs = ("LocalResponseNorm3d",) if site.axes == 3 else ()
    norm = needs[0] if needs else "nn.LocalResponseNorm"
    return Emission(call(norm, argument(site, "size"), alpha=alpha, **given), needs=needs)


@TABLE.emits(ops.Dense)
def _dense(site: Site) -> Emission:
    keywords = unusual(site, bias=True)
    op: Any = site.op
    is_pointwise = op.per == "position"
    function = "PointwiseLinear" if is_pointwise else "nn.Linear"
    made = call(function, site.code(site.source), argument(site, "units"), **keywords)
    module, needs = started(site, made)
    slots = {"kernel": Slot("weight", "out in"), "bias": BIAS}
    return Emission(module, slots, (*needs, function) if is_pointwise else needs)


@TABLE.emits(ops.Reshape)
def _reshape(site: Site) -> Emission:
    op: Any = site.op
    *sizes, channels = map(site.code, op.parts)
    module = call("nn.Unflatten", 1, (channels, *sizes))
    return _in_turn(call("nn.Flatten"), module) if site.is_map else Emission(module)


@TABLE.emits(ops.Permute)
def _permute(site: Site) -> Emission:
    op: Any = site.op
    places = op.places(site.axes)
    *positions, channels = (1 if place == site.axes else 2 + place for place in places)
    return Emission(call("Permute", 0, channels, *positions), needs=("Permute",))


@TABLE.emits(ops.Dropout)
def _dropout(site: Site) -> Emission:
    return Emission(call("nn.Dropout", argument(site, "rate")))


@TABLE.emits(ops.Scale)
def _scale(site: Site) -> Emission:
    return Emission(call("Scale", argument(site, "factor")), needs=("Scale",))


@TABLE.emits(ops.Offset)
def _offset(site: Site) -> Emission:
    return Emission(call("Offset", argument(site, "constant")), needs=("Offset",))


@TABLE.emits(ops.Normalize)
def _normalize(site: Site) -> Emission:
    op: Any = site.op
    return Emission(call("Normalize", mean=op.mean, std=op.deviation), needs=("Normalize",))


BARE = {"map": "channels{ones}", "batch": "1 channels{ones}", "vector": "channels"}
"""The layouts of factors that are a parameter of the module around, by the word for each."""


@TABLE.emits(ops.LayerScale)
def _layer_scale(site: Site) -> Emission:
    op: Any = site.op
    if op.bare != "none":
        return _bare(site, BARE[op.bare].format(ones=" 1" * site.axes))
    made = call("LayerScale", site.code(site.source), argument(site, "start"))
    return Emission(made, {"scale": Slot("gamma", "channels")}, ("LayerScale",))


def _bare(site: Site, layout: str) -> Emission:
    """Factors for each channel as a parameter, with a dimension for each word of the layout."""
    channels = site.code(site.source)
    shape = tuple(channels if word == "channels" else 1 for word in layout.split())
    start = argument(site, "start")
    if isinstance(start, Symbolic):
        start = call("float", start)  # of a whole number, `torch.full` makes whole numbers
    made = call("nn.Parameter", call("torch.full", shape, start))
    index = f"[:{', None' * site.axes}]" if layout == "channels" and site.axes else ""
    return Emission(made, {"scale": Slot("", layout)}, multiplies=True, spread=index)


@TABLE.emits(ops.ChannelShuffle)
def _channel_shuffle(site: Site) -> Emission:
    """Torch's own gives wrong gradients when compiled, where channels come last in memory."""
    return Emission(call("ChannelShuffle", argument(site, "groups")), needs=("ChannelShuffle",))


@TABLE.emits(ops.ChannelSlice)
def _channel_slice(site: Site) -> Emission:
    made = call("ChannelSlice", argument(site, "start"), argument(site, "stop"))
    return Emission(made, needs=("ChannelSlice",))


@TABLE.emits(ops.SpatialDropout)
def _spatial_dropout(site: Site) -> Emission:
    return Emission(call(f"nn.Dropout{site.axes}d", argument(site, "rate")))


@TABLE.emits(ops.DropPath)
def _drop_path(site: Site) -> Emission:
    return Emission(call("DropPath", argument(site, "rate")), needs=("DropPath",))


@TABLE.emits(ops.GaussianDropout)
def _gaussian_dropout(site: Site) -> Emission:
    return Emission(call("GaussianDropout", argument(site, "rate")), needs=("GaussianDropout",))


@TABLE.emits(ops.GaussianNoise)
def _gaussian_noise(site: Site) -> Emission:
    return Emission(call("GaussianNoise", argument(site, "deviation")), needs=("GaussianNoise",))


@TABLE.emits(ops.PadChannels)
def _pad_channels(site: Site) -> Emission:
    added = site.code(operation("-", site.channels, site.source))
    if not site.is_map:
        return Emission(call("nn.ZeroPad1d", (0, added)))
    if site.axes == 3:  # torch pads three axes at most
        made = call("Subsample", argument(site, "channels"), axes=3)
        return Emission(made, needs=("Subsample",))
    # Without the batch, the first of the last axes are the channels.
    return Emission(call(f"nn.ZeroPad{site.axes + 1}d", (*(0, 0) * site.axes, 0, added)))


@TABLE.emits(ops.Subsample)
def _subsample(site: Site) -> Emission:
    stride = unusual(site, stride=1)
    axes = {} if site.axes == 2 else {"axes": site.axes}
    made = call("Subsample", argument(site, "channels"), **stride, **axes)
    return Emission(made, needs=("Subsample",))


@TABLE.emits(ops.Relu)
def _relu(site: Site) -> Emission:
    op: Any = site.op
    inplace = {"inplace": True} if site.overwrites else {}
    if op.max is None:
        return Emission(call("nn.ReLU", **inplace))
    if op.max == 6:
        return Emission(call("nn.ReLU6", **inplace))
    return Emission(call("nn.Hardtanh", 0.0, argument(site, "max"), **inplace))


@TABLE.emits(ops.HardSigmoid)
def _hard_sigmoid(site: Site) -> Emission:
    op: Any = site.op
    if op.slope is None:
        return Emission(call("nn.Hardsigmoid"))
    return Emission(call("HardSigmoid", argument(site, "slope")), needs=("HardSigmoid",))


@TABLE.emits(ops.LeakyRelu)
def _leaky_relu(site: Site) -> Emission:
    return Emission(call("nn.LeakyReLU", argument(site, "slope")))


@TABLE.emits(ops.PRelu)
def _prelu(site: Site) -> Emission:
    op: Any = site.op
    if op.per == "layer":
        return Emission(call("nn.PReLU"), {"slope": Slot("weight", "layer")})
    if op.per == "cell" and site.sizes is not None:
        made = call("CellPReLU", site.code(site.source), *site.sizes)
        return Emission(made, {"slope": Slot("weight", "channels window")}, ("CellPReLU",))
    module = call("nn.PReLU", site.code(site.source))
    return Emission(module, {"slope": Slot("weight", "channels")})


@TABLE.emits(ops.Elu)
def _elu(site: Site) -> Emission:
    return Emission(call("nn.ELU", **unusual(site, alpha=1.0)))


@TABLE.emits(ops.Celu)
def _celu(site: Site) -> Emission:
    return Emission(call("nn.CELU", **unusual(site, alpha=1.0)))


@TABLE.emits(ops.Gelu)
def _gelu(site: Site) -> Emission:
    op: Any = site.op
    return Emission(call("nn.GELU", approximate="tanh") if op.form == "tanh" else call("nn.GELU"))
