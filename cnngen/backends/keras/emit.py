"""From op to Keras: the layers that stand for an op, and where its weights are kept.

The last call carries the layer's own name; what has to come before it (padding) a name made from
it. Defaults that differ between the frameworks are always written out.
"""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import (
    InexpressibleError,
    Site,
    Slot,
    Table,
    argument,
    is_all,
    separated,
    size,
    square,
    tidy,
    unusual,
)
from cnngen.backends.code import Call, Raw, call
from cnngen.backends.keras.initial import is_grouped, started
from cnngen.expressions import (
    Expression,
    are_constant,
    is_constant,
    operation,
)
from cnngen.ops.shapes import by
from cnngen.ops.window import spans
from cnngen.record import NamedTuple


class Part(NamedTuple):
    """A layer that is called on ``x``, or a function of ``x`` and the arguments.

    ``suffix`` is added to the layer's name.
    """

    call: Call
    suffix: str = ""
    function: bool = False


class Emission(NamedTuple):
    """The calls of a layer in order, its weights, and what it needs from the file's head.

    The weights are those of the layer whose part has no suffix; ``needs`` names imports and
    helper classes. ``refused`` are conditions that the code checks before, each with what Keras
    does not have where it holds.
    """

    parts: tuple[Part, ...]
    slots: dict[str, Slot] = {}  # noqa: RUF012 - never changed
    needs: tuple[str, ...] = ()
    refused: tuple[tuple[Expression, str], ...] = ()


TABLE: Table[Emission] = Table()

KERNEL = Slot("kernel", "window in out")
BIAS = Slot("bias", "out")
AFFINE = {"scale": Slot("gamma", "channels"), "shift": Slot("beta", "channels")}

USUAL = (0.9, 1e-5)
"""Momentum and epsilon of the batch norm that most networks have: not Keras' own defaults."""

RENAMES: dict[type[ops.Op], Call] = {
    ops.Relu6: call("layers.Activation", "relu6"),
    ops.Selu: call("layers.Activation", "selu"),
    ops.Silu: call("layers.Activation", "silu"),
    ops.Mish: call("layers.Activation", "mish"),
    ops.Sigmoid: call("layers.Activation", "sigmoid"),
    ops.LogSigmoid: call("layers.Activation", "log_sigmoid"),
    ops.HardSwish: call("layers.Activation", "hard_silu"),
    ops.HardTanh: call("layers.Activation", "hard_tanh"),
    ops.Tanh: call("layers.Activation", "tanh"),
    ops.Softsign: call("layers.Activation", "softsign"),
    ops.Softplus: call("layers.Activation", "softplus"),
    ops.Softmax: call("layers.Softmax"),
    ops.LogSoftmax: call("layers.Activation", "log_softmax"),
    ops.Identity: call("layers.Identity"),
}
"""Ops that are a pure rename."""


def _renamed(site: Site) -> Emission:
    return Emission((Part(RENAMES[type(site.op)]),))


for _op in RENAMES:
    TABLE.emits(_op)(_renamed)


def _function(made: Call) -> Emission:
    """A function of Keras, or of the module, which makes no layer."""
    own, is_keras, _ = made.function.partition(".")
    return Emission((Part(made, function=True),), needs=("ops" if is_keras else own,))


# --- convolutions ----------------------------------------------------------------------------


@TABLE.emits(ops.Conv)
def _conv(site: Site) -> Emission:
    head = (f"layers.Conv{site.axes}D", argument(site, "channels"))
    return _convolution(site, head, unusual(site, groups=1), {"kernel": KERNEL})


@TABLE.emits(ops.StandardizedConv)
def _standardized_conv(site: Site) -> Emission:
    given = unusual(site, groups=1, eps=1e-5)
    keywords = {"epsilon" if name == "eps" else name: value for name, value in given.items()}
    function = f"StandardizedConv{site.axes}D"
    emission = _convolution(
        site, (function, argument(site, "channels")), keywords, {"kernel": KERNEL}
    )
    return emission._replace(needs=(function, *emission.needs))


@TABLE.emits(ops.DepthwiseConv)
def _depthwise_conv(site: Site) -> Emission:
    if is_grouped(site):
        head: tuple[object, ...] = (f"layers.Conv{site.axes}D", site.code(site.channels))
        groups = {"groups": site.code(site.source)}
        slot = Slot("kernel", "window 1 (channels multiplier)")
        return _convolution(site, head, groups, {"kernel": slot})
    slot = Slot("kernel", "window channels multiplier")
    function = f"layers.DepthwiseConv{site.axes}D"
    return _convolution(site, (function,), _multiplier(site), {"kernel": slot})


def _multiplier(site: Site) -> dict[str, object]:
    given = unusual(site, multiplier=1)
    return {"depth_multiplier": given["multiplier"]} if given else {}


@TABLE.emits(ops.SeparableConv)
def _separable_conv(site: Site) -> Emission:
    depthwise, _ = separated(site)
    if is_grouped(depthwise):
        where = "over three axes" if site.axes == 3 else "that steps unevenly"
        raise InexpressibleError(
            f"Keras has no separable convolution {where}",
            "write the two convolutions, `depthwise_conv` with `bias=false` and `conv`, or "
            "compile for torch alone",
        )
    head = (f"layers.SeparableConv{site.axes}D", argument(site, "channels"))
    kernels = {
        "depthwise": Slot("depthwise_kernel", "window channels multiplier"),
        "pointwise": Slot("pointwise_kernel", "1 " * site.axes + "in out"),
    }
    return _convolution(site, head, _multiplier(site), kernels)


def _convolution(
    site: Site, head: tuple[object, ...], own: dict[str, object], kernels: dict[str, Slot]
) -> Emission:
    op: Any = site.op
    # Keras refuses dilation together with strides: convolve at every place, keep some.
    thinned = not is_all(op.dilation, 1) and not is_all(op.stride, 1)
    padded = thinned or _may_jump_cells(site)
    given = unusual(site, stride=1, dilation=1, bias=True)
    strides = given.pop("stride", None)
    keywords: dict[str, object] = {}
    if strides is not None and not thinned:
        keywords["strides"] = strides
    before: tuple[Part, ...] = ()
    needs: tuple[str, ...] = ()
    if padded and op.pad == "same" and not is_all(op.kernel, 1):
        window = [size(site, name) for name in ("kernel", "stride", "dilation")]
        before, needs = (Part(call("SamePadding", *window), "_pad"),), ("SamePadding",)
    elif _has_border(op):
        border = _border(site)
        before, needs = border.parts, border.needs
    elif op.pad == "same" or _keeps_size(op):
        if not is_all(op.kernel, 1):
            keywords["padding"] = "same"
    elif not is_all(op.pad, 0):
        before = (_zeros(site),)
    if "dilation" in given:
        keywords["dilation_rate"] = given["dilation"]
    keywords |= own
    if "bias" in given:
        keywords["use_bias"] = given["bias"]
    start = started(site)
    keywords |= start.keywords
    function, *sizes = head
    main = call(str(function), *sizes, size(site, "kernel"), **keywords)
    slots = kernels | {"bias": BIAS}
    if not thinned:
        return Emission((*before, Part(main)), slots, (*needs, *start.needs))
    thin = _pooled_apart(site, strides)
    needed = (*needs, *start.needs, *thin.needs)
    return Emission((*before, Part(main), *thin.parts), slots, needed)


def _may_jump_cells(site: Site) -> bool:
    """Whether a step over three axes may be larger than the window.

    TensorFlow's convolutions over three axes start in the wrong cell there in float64, where the
    padding is ``"same"``: what it should be is less than nothing, and is not raised to zero.
    """
    op: Any = site.op
    return site.axes == 3 and not is_all(op.stride, 1) and not _covers_steps(op)


def _pooled_apart(site: Site, strides: object) -> Emission:
    """Some of the positions, kept by a pool of one cell."""
    if site.axes == 3:
        return _function(call("max_pool3d", 1, strides))
    thin = call(f"layers.MaxPooling{site.axes}D", 1, strides=strides)
    return Emission((Part(thin, "_strided"),))


def _has_border(op: Any) -> bool:
    """Whether there are other cells before the map than after it, or copies of its own."""
    return op.pad_after is not None or (op.pad_mode != "zeros" and not is_all(op.pad, 0))


def _border(site: Site) -> Emission:
    """Such cells around a map, ahead of the layer that asks for them."""
    op: Any = site.op
    if op.pad_mode == "zeros":
        emission = _at_sides(site, f"layers.ZeroPadding{site.axes}D", "pad", "pad_after")
        return emission._replace(parts=tuple(p._replace(suffix="_pad") for p in emission.parts))
    after = {} if op.pad_after is None else {"after": size(site, "pad_after")}
    function = "pad_max_sides" if op.pad_mode is None else f"pad_{op.pad_mode}"
    return _function(call(function, size(site, "pad"), **after))


def _zeros(site: Site) -> Part:
    """Zeros on both sides of each axis."""
    return Part(call(f"layers.ZeroPadding{site.axes}D", size(site, "pad")), "_pad")


def _keeps_size(op: Any) -> bool:
    """Whether the padding is what ``padding="same"`` means, whatever the input's size is."""
    dilation, stride = getattr(op, "dilation", None), getattr(op, "step", op.stride)
    if op.pad == "same" or not is_all(stride, 1):
        return False
    if not are_constant((op.kernel, op.pad, dilation)):
        return False
    return spans(op.kernel, dilation) == tuple(2 * pad + 1 for pad in op.pad)


NO_GROUPS = "Keras has no transposed convolution with groups"
NO_DILATION = "TensorFlow has no transposed convolution with dilation"


@TABLE.emits(ops.ConvTranspose)
def _conv_transpose(site: Site) -> Emission:
    op: Any = site.op
    has_groups = operation("!=", op.groups, 1)
    if has_groups is True:
        raise InexpressibleError(
            f"{NO_GROUPS}, here `groups={op.groups}`",
            "leave out `groups`, or compile for torch alone",
        )
    refused: list[tuple[Expression, str]] = []
    if not is_constant(has_groups):
        refused.append((has_groups, NO_GROUPS))
    if not is_all(op.dilation, 1):
        if is_constant(op.dilation):
            raise InexpressibleError(
                f"{NO_DILATION}, here `dilation={by(op.dilation)}`",
                "leave out `dilation`, or compile for torch alone",
            )
        refused.append((operation("!=", op.dilation, 1), NO_DILATION))
    given = unusual(site, stride=1, bias=True)
    keywords: dict[str, object] = {}
    if "stride" in given:
        keywords["strides"] = given["stride"]
    same = _is_same_transposed(op)
    if same:
        keywords |= {} if _cuts_nothing_off(site) else {"padding": "same"}
    elif not _covers_steps(op):
        # Without it, Keras enlarges the result where the window is smaller than a step.
        keywords["output_padding"] = size(site, "output_pad")
    if "bias" in given:
        keywords["use_bias"] = given["bias"]
    start = started(site)
    keywords |= start.keywords
    channels = argument(site, "channels")
    main = Part(
        call(f"layers.Conv{site.axes}DTranspose", channels, size(site, "kernel"), **keywords)
    )
    slots = {"kernel": Slot("kernel", "window out in"), "bias": BIAS}
    if same or is_all(op.pad, 0):
        return Emission((main,), slots, start.needs, tuple(refused))
    crop = call(f"layers.Cropping{site.axes}D", size(site, "pad"))
    return Emission((main, Part(crop, "_crop")), slots, start.needs, tuple(refused))


def _cuts_nothing_off(site: Site) -> bool:
    """Whether ``padding="same"`` can be left out: see :func:`_may_jump_cells`."""
    op: Any = site.op
    if op.pad != "same" or not _may_jump_cells(site):
        return False
    if is_constant(op.kernel) and is_constant(op.stride):
        axes = list(zip(op.kernel, op.stride, strict=True))
        if all(cells <= step for cells, step in axes):
            return True
        if all(cells >= step - 1 for cells, step in axes):
            return False
    raise InexpressibleError(
        "TensorFlow's gradients of a transposed convolution over three axes with `pad=same` are "
        "wrong where a step is larger than the window",
        "write the window and the stride as numbers, the window at least, or at most, as large as "
        "a step on each axis, or compile for torch alone",
    )


def _covers_steps(op: Any) -> bool:
    """Whether the window is at least as large as a step, with nothing added after it."""
    if not is_all(getattr(op, "output_pad", (0,)), 0):
        return False
    if op.kernel == op.stride:
        return True
    if not (is_constant(op.kernel) and is_constant(op.stride)):
        return False
    return all(k >= step for k, step in zip(op.kernel, op.stride, strict=True))


def _is_same_transposed(op: Any) -> bool:
    """Whether what is cut off is what ``padding="same"`` cuts off."""
    if op.pad == "same":
        return True
    if is_all(op.pad, 0) or not _covers_steps(op) or not is_constant(op.pad):
        return False
    axes = zip(op.kernel, op.stride, op.pad, strict=True)
    return all(k - step == 2 * pad for k, step, pad in axes)


# --- pooling ---------------------------------------------------------------------------------


@TABLE.emits(ops.MaxPool)
def _maxpool(site: Site) -> Emission:
    op: Any = site.op
    if op.has_output:
        return _adaptive_max(site)
    if op.has_border:
        return _bordered(site)
    if not is_all(op.dilation, 1):
        options = unusual(site, pad=0, ceil=False)
        window = [size(site, "kernel"), _step(site), size(site, "dilation")]
        main = call("DilatedMaxPooling", *window, **options)
        return Emission((Part(main),), needs=("DilatedMaxPooling",))
    same = op.pad == "same" or (op.ceil is False and _keeps_size(op))
    plain = is_all(op.pad, 0) and op.ceil is False
    if plain or (same and site.axes < 3):
        return _pooling("Max", site, same=same)
    pool = _pooling("Max", site, same=False)
    window = [size(site, "kernel"), _step(site)]
    if op.pad == "same":
        border = _function(call("pad_max_same", *window))
    elif op.ceil is False:
        border = _function(call("pad_max", size(site, "pad")))
    else:
        border = _function(call("pad_max_ceil", *window, **unusual(site, pad=0, ceil=True)))
    return Emission((*border.parts, *pool.parts), needs=(*border.needs, *pool.needs))


def _bordered(site: Site) -> Emission:
    """A pool of a map with cells around it that are put there first."""
    op: Any = site.op
    border = _border(site)
    nothing = op.replace(pad=(0,) * site.axes, pad_after=None, pad_mode=type(op).pad_mode)
    pool = TABLE(site._replace(op=nothing))
    return pool._replace(parts=(*border.parts, *pool.parts), needs=(*border.needs, *pool.needs))


def _step(site: Site) -> Any:
    """The stride of a pool: the window where none is given."""
    op: Any = site.op
    return size(site, "kernel") if op.stride is None else size(site, "stride")


@TABLE.emits(ops.AvgPool)
def _avgpool(site: Site) -> Emission:
    op: Any = site.op
    if op.has_output:
        return _adaptive_average(site)
    if op.has_border:
        return _bordered(site)
    same = op.pad == "same"
    if op.ceil is False and (is_all(op.pad, 0) or (same and is_all(op.kernel, 1))):
        return _pooling("Average", site, same=False)
    uncounted = op.count_pad is False
    # On its torch backend, Keras fills sides that differ with copies of the border and counts them.
    alike = op.ceil is False and uncounted and (_keeps_size(op) or _is_symmetric(op))
    if alike and site.axes < 3:
        return _pooling("Average", site, same=True)
    if op.ceil is False and op.count_pad is True and not same:
        pool = _pooling("Average", site, same=False)
        return Emission((_zeros(site), *pool.parts), needs=pool.needs)
    if site.axes == 3:
        raise InexpressibleError(
            "Keras has no average over three axes whose padding does not count",
            "write `count_pad=true`, or put the padding before it, or compile for torch alone",
        )
    keywords = {"pad": op.pad} if same else unusual(site, pad=0)
    keywords |= unusual(site, ceil=False, count_pad=True)
    main = call("PaddedAveragePooling", size(site, "kernel"), _step(site), **keywords)
    return Emission((Part(main),), needs=("PaddedAveragePooling",))


@TABLE.emits(ops.BlurPool)
def _blurpool(site: Site) -> Emission:
    main = call("BlurPooling", size(site, "kernel"), size(site, "stride"))
    return Emission((Part(main),), needs=("BlurPooling",))


def _is_symmetric(op: Any) -> bool:
    """Whether ``pad=same`` pads both sides alike, whatever the input's size is."""
    if op.pad != "same" or not is_all(op.step, 1) or not is_constant(op.kernel):
        return False
    return all(k % 2 == 1 for k in op.kernel)


def _pooling(kind: str, site: Site, *, same: bool) -> Emission:
    """A window that slides."""
    op: Any = site.op
    if site.axes == 3:
        function = "max_pool3d" if kind == "Max" else "average_pool3d"
        return _function(call(function, size(site, "kernel"), _step(site)))
    keywords: dict[str, object] = {}
    if op.stride is not None and op.stride != op.kernel:
        keywords["strides"] = size(site, "stride")
    if same:
        keywords["padding"] = "same"
    function = f"layers.{kind}Pooling{site.axes}D"
    return Emission((Part(call(function, size(site, "kernel"), **keywords)),))


def _adaptive_average(site: Site) -> Emission:
    """The whole map, or as many windows as the output has cells."""
    op: Any = site.op
    if op.kernel == "global" or is_all(op.adaptive, 1):
        return _global("Average", site)
    if site.axes == 3:  # Keras' own layer has no float64
        return _windows(site, "mean")
    adaptive = call(f"layers.AdaptiveAveragePooling{site.axes}D", size(site, "adaptive"))
    return Emission((Part(adaptive),))


def _global(kind: str, site: Site) -> Emission:
    return Emission((Part(call(f"layers.Global{kind}Pooling{site.axes}D", keepdims=True)),))


def _windows(site: Site, reduction: str) -> Emission:
    """As many windows as the output has cells, one axis after another."""
    main = call("AdaptivePooling", size(site, "adaptive"), reduction)
    return Emission((Part(main),), needs=("AdaptivePooling",))


def _adaptive_max(site: Site) -> Emission:
    """As many maxima as the output has cells.

    Where a side of input or output is 1, Keras' own layer pools with a window that is larger than
    the map on its way, and TensorFlow leaves the gradient of that unset.
    """
    op: Any = site.op
    if op.kernel == "global" or is_all(op.adaptive, 1):
        return _global("Max", site)
    if site.axes == 3 or site.sizes is None or not is_constant(op.adaptive):
        return _windows(site, "max")
    if min(*site.sizes, *op.adaptive) > 1:
        adaptive = call(f"layers.AdaptiveMaxPooling{site.axes}D", size(site, "adaptive"))
        return Emission((Part(adaptive),))
    sides = list(zip(site.sizes, op.adaptive, strict=True))
    if all(size % cells == 0 for size, cells in sides):
        window = square(tuple(size // cells for size, cells in sides))
        return Emission((Part(call(f"layers.MaxPooling{site.axes}D", window)),))
    return _windows(site, "max")


# --- borders ---------------------------------------------------------------------------------


@TABLE.emits(ops.Pad)
def _pad(site: Site) -> Emission:
    op: Any = site.op
    if op.mode == "zeros":
        return _at_sides(site, f"layers.ZeroPadding{site.axes}D")
    after = {} if op.after is None else {"after": size(site, "after")}
    return _function(call(f"pad_{op.mode}", size(site, "cells"), **after))


@TABLE.emits(ops.Crop)
def _crop(site: Site) -> Emission:
    return _at_sides(site, f"layers.Cropping{site.axes}D")


def _at_sides(site: Site, layer: str, before: str = "cells", after: str = "after") -> Emission:
    cells, behind = getattr(site.op, before), getattr(site.op, after)
    if behind is None:
        return Emission((Part(call(layer, size(site, before))),))
    if site.axes == 1:
        return Emission((Part(call(layer, (size(site, before), size(site, after)))),))
    if is_constant(cells) and is_constant(behind):
        return Emission((Part(call(layer, tuple(zip(cells, behind, strict=True)))),))
    pairs = call("sides", site.axes, size(site, before), size(site, after))
    return Emission((Part(call(layer, pairs)),), needs=("sides",))


# --- sizes -----------------------------------------------------------------------------------


INTERPOLATED = {"linear": "ResizeLinear", "cubic": "ResizeCubic"}
"""The layers for values in between."""


def resizing(mode: str) -> str:
    """What makes a size that no factor gives: a layer, or for ``nearest`` a function."""
    return INTERPOLATED.get(mode, "resize_nearest")


@TABLE.emits(ops.Resize)
def _resize(site: Site) -> Emission:
    """``layers.UpSampling2D`` interpolates in float32 on TensorFlow, and cubically otherwise."""
    op: Any = site.op
    function = resizing(op.mode)
    if op.mode in INTERPOLATED:
        size_ = {"size" if op.factor is None else "scale": _wanted(site)}
        return Emission((Part(call(function, **size_)),), needs=(function,))
    if op.to is None:
        return Emission((Part(call(f"layers.UpSampling{site.axes}D", _wanted(site))),))
    return _function(call(function, _wanted(site)))


def _wanted(site: Site) -> Any:
    """The factor of a resize, or the size that is in its place."""
    op: Any = site.op
    return size(site, "to" if op.factor is None else "factor")


@TABLE.emits(ops.PixelShuffle)
def _pixel_shuffle(site: Site) -> Emission:
    return _function(call("pixel_shuffle", argument(site, "factor")))


@TABLE.emits(ops.PixelUnshuffle)
def _pixel_unshuffle(site: Site) -> Emission:
    return _function(call("pixel_unshuffle", argument(site, "factor")))


# --- normalisation ---------------------------------------------------------------------------


@TABLE.emits(ops.BatchNorm)
def _batch_norm(site: Site) -> Emission:
    op: Any = site.op
    kept = operation("-", 1, op.momentum)  # Keras counts the share of the old statistics
    momentum = tidy(kept) if isinstance(kept, (int, float)) else site.code(kept)
    eps = argument(site, "eps")
    scale = {"gamma_initializer": "zeros"} if op.zero_scale else {}
    keywords = _affine(site) | scale
    usual = (momentum, eps) == USUAL
    if usual:
        main = call("batch_norm", **keywords)
    else:
        main = call("layers.BatchNormalization", momentum=momentum, epsilon=eps, **keywords)
    statistics = {
        "mean": Slot("moving_mean", "channels"),
        "variance": Slot("moving_variance", "channels"),
    }
    return Emission((Part(main),), AFFINE | statistics, ("batch_norm",) if usual else ())


def _affine(site: Site) -> dict[str, object]:
    op: Any = site.op
    if op.affine in ("scale", "shift"):
        return {"center" if op.affine == "scale" else "scale": False}
    given = unusual(site, affine=True)
    return {"center": given["affine"], "scale": given["affine"]} if given else {}


@TABLE.emits(ops.LayerNorm)
def _layer_norm(site: Site) -> Emission:
    eps = argument(site, "eps")
    main = call("layers.LayerNormalization", epsilon=eps, **_affine(site))
    return Emission((Part(main),), AFFINE)


@TABLE.emits(ops.GroupNorm)
def _group_norm(site: Site) -> Emission:
    eps, groups = argument(site, "eps"), argument(site, "groups")
    main = call("layers.GroupNormalization", groups, epsilon=eps, **_affine(site))
    return Emission((Part(main),), AFFINE)


@TABLE.emits(ops.InstanceNorm)
def _instance_norm(site: Site) -> Emission:
    eps = argument(site, "eps")
    main = call("layers.GroupNormalization", -1, epsilon=eps, **_affine(site))
    return Emission((Part(main),), AFFINE)


@TABLE.emits(ops.RmsNorm)
def _rms_norm(site: Site) -> Emission:
    main = call("layers.RMSNormalization", epsilon=argument(site, "eps"))
    return Emission((Part(main),), {"scale": Slot("scale", "channels")})


@TABLE.emits(ops.GlobalResponseNorm)
def _global_response_norm(site: Site) -> Emission:
    main = call("GlobalResponseNorm", argument(site, "eps"))
    return Emission((Part(main),), AFFINE, ("GlobalResponseNorm",))


@TABLE.emits(ops.LocalResponseNorm)
def _local_response_norm(site: Site) -> Emission:
    given = {name: argument(site, name) for name in ("alpha", "beta", "k")}
    main = call("LocalResponseNorm", argument(site, "size"), **given)
    return Emission((Part(main),), needs=("LocalResponseNorm",))


# --- the rest --------------------------------------------------------------------------------


@TABLE.emits(ops.Dense)
def _dense(site: Site) -> Emission:
    given = unusual(site, bias=True)
    start = started(site)
    keywords = ({"use_bias": given["bias"]} if given else {}) | start.keywords
    main = call("layers.Dense", argument(site, "units"), **keywords)
    slots = {"kernel": Slot("kernel", "in out"), "bias": BIAS}
    return Emission((Part(main),), slots, start.needs)


@TABLE.emits(ops.Flatten)
def _flatten(site: Site) -> Emission:
    op: Any = site.op
    flatten = Part(call("layers.Flatten"))
    if not op.ordered:
        return Emission((flatten,))
    return Emission((Part(_channels_first(site), "_permute"), flatten))


@TABLE.emits(ops.Permute)
def _permute(site: Site) -> Emission:
    op: Any = site.op
    order = tuple(1 + place for place in op.places(site.axes))
    return Emission((Part(call("layers.Permute", order)),))


@TABLE.emits(ops.Reshape)
def _reshape(site: Site) -> Emission:
    """Through a shape whose channels come first, which has the elements in their order."""
    op: Any = site.op
    *sizes, channels = map(site.code, op.parts)
    reshape = call("layers.Reshape", (channels, *sizes))
    last = call("layers.Permute", (*range(2, len(sizes) + 2), 1))
    before = (Part(_channels_first(site), "_permute"),) if site.is_map else ()
    return Emission((*before, Part(reshape, "_reshape"), Part(last)))


def _channels_first(site: Site) -> Call:
    return call("layers.Permute", (site.axes + 1, *range(1, site.axes + 1)))


@TABLE.emits(ops.Dropout)
def _dropout(site: Site) -> Emission:
    return Emission((Part(call("layers.Dropout", argument(site, "rate"))),))


@TABLE.emits(ops.Scale)
def _scale(site: Site) -> Emission:
    """``layers.Rescaling`` has its constants in float32 on TensorFlow."""
    return _function(call("ops.multiply", argument(site, "factor")))


@TABLE.emits(ops.Offset)
def _offset(site: Site) -> Emission:
    return _function(call("ops.add", argument(site, "constant")))


@TABLE.emits(ops.Normalize)
def _normalize(site: Site) -> Emission:
    """``layers.Normalization`` has its constants in float32 on TensorFlow."""
    op: Any = site.op
    return _function(call("normalize", mean=op.mean, std=op.deviation))


@TABLE.emits(ops.LayerScale)
def _layer_scale(site: Site) -> Emission:
    main = call("LayerScale", argument(site, "start"))
    return Emission((Part(main),), {"scale": Slot("gamma", "channels")}, ("LayerScale",))


@TABLE.emits(ops.Abs)
def _abs(site: Site) -> Emission:
    return _function(call("ops.abs"))


@TABLE.emits(ops.ChannelMean)
def _channel_mean(site: Site) -> Emission:
    return _function(call("ops.mean", axis=-1, keepdims=True))


@TABLE.emits(ops.ChannelMax)
def _channel_max(site: Site) -> Emission:
    return _function(call("ops.max", axis=-1, keepdims=True))


@TABLE.emits(ops.ChannelShuffle)
def _channel_shuffle(site: Site) -> Emission:
    return _function(call("channel_shuffle", argument(site, "groups")))


@TABLE.emits(ops.ChannelSlice)
def _channel_slice(site: Site) -> Emission:
    return _function(call("channel_slice", argument(site, "start"), argument(site, "stop")))


@TABLE.emits(ops.SpatialDropout)
def _spatial_dropout(site: Site) -> Emission:
    return Emission((Part(call(f"layers.SpatialDropout{site.axes}D", argument(site, "rate"))),))


@TABLE.emits(ops.DropPath)
def _drop_path(site: Site) -> Emission:
    """One draw for each input of the batch, whatever its size."""
    shape = (None, *(1,) * (site.axes + 1))
    main = call("layers.Dropout", argument(site, "rate"), noise_shape=shape)
    return Emission((Part(main),))


@TABLE.emits(ops.GaussianDropout)
def _gaussian_dropout(site: Site) -> Emission:
    return Emission((Part(call("layers.GaussianDropout", argument(site, "rate"))),))


@TABLE.emits(ops.GaussianNoise)
def _gaussian_noise(site: Site) -> Emission:
    op: Any = site.op
    if isinstance(op.deviation, (int, float)) and op.deviation > 1:
        raise InexpressibleError(
            f"Keras takes no noise with a deviation above 1, here {op.deviation:g}",
            "use a deviation of at most 1, or compile for torch alone",
        )
    return Emission((Part(call("layers.GaussianNoise", argument(site, "deviation"))),))


@TABLE.emits(ops.PadChannels)
def _pad_channels(site: Site) -> Emission:
    added = site.code(operation("-", site.channels, site.source))
    return _function(call("ops.pad", (*((0, 0),) * (site.axes + 1), (0, added))))


@TABLE.emits(ops.Subsample)
def _subsample(site: Site) -> Emission:
    strides = {f"{name}s": value for name, value in unusual(site, stride=1).items()}
    return _function(call("subsample", argument(site, "channels"), **strides))


@TABLE.emits(ops.Relu)
def _relu(site: Site) -> Emission:
    """With a ceiling: the layer's own would be kept in float32."""
    op: Any = site.op
    relu = Part(call("layers.ReLU"))
    if op.max is None:
        return Emission((relu,))
    if op.max == 6:
        return Emission((Part(RENAMES[ops.Relu6]),))
    ceiling = Part(call("ops.minimum", argument(site, "max")), function=True)
    return Emission((ceiling, relu), needs=("ops",))


@TABLE.emits(ops.HardSigmoid)
def _hard_sigmoid(site: Site) -> Emission:
    op: Any = site.op
    if op.slope is None:
        return Emission((Part(call("layers.Activation", "hard_sigmoid")),))
    return _function(call("hard_sigmoid", argument(site, "slope")))


@TABLE.emits(ops.LeakyRelu)
def _leaky_relu(site: Site) -> Emission:
    op: Any = site.op
    if isinstance(op.slope, (int, float)) and op.slope < 0:
        raise InexpressibleError(
            f"Keras takes no negative slope for a leaky relu, here {op.slope:g}",
            "use a slope of at least 0, or compile for torch alone",
        )
    slope = argument(site, "slope")
    return Emission((Part(call("layers.LeakyReLU", negative_slope=slope)),))


@TABLE.emits(ops.PRelu)
def _prelu(site: Site) -> Emission:
    """One slope for all axes but that of the channels, for that one too, or for none."""
    op: Any = site.op
    start = call("keras.initializers.Constant", 0.25)
    if op.per == "cell" and site.is_map:
        main = call("layers.PReLU", alpha_initializer=start)
        return Emission((Part(main),), {"slope": Slot("alpha", "window channels")})
    shared = range(1, site.axes + (2 if op.per == "layer" else 1))
    keywords = {"shared_axes": Raw(list(shared))} if shared else {}
    main = call("layers.PReLU", alpha_initializer=start, **keywords)
    own = "layer" if op.per == "layer" else "channels"
    return Emission((Part(main),), {"slope": Slot("alpha", "1 " * site.axes + own)})


@TABLE.emits(ops.Elu)
def _elu(site: Site) -> Emission:
    return Emission((Part(call("layers.ELU", alpha=argument(site, "alpha"))),))


@TABLE.emits(ops.Celu)
def _celu(site: Site) -> Emission:
    """Keras' own has a slope of 2 at zero on TensorFlow."""
    return _function(call("celu", argument(site, "alpha")))


@TABLE.emits(ops.Glu)
def _glu(site: Site) -> Emission:
    """As a layer, Keras takes its output to have as many channels as its input."""
    return _function(call("ops.glu"))


@TABLE.emits(ops.Gelu)
def _gelu(site: Site) -> Emission:
    op: Any = site.op
    if op.form == "exact":
        return Emission((Part(call("layers.Activation", "gelu")),))
    return _function(call("ops.gelu", approximate=True))
