"""From op to Keras: the layers that stand for an op, and where its weights are kept.

The last call carries the layer's own name; what has to come before it (padding) a name made from
it. Defaults that differ between the frameworks are always written out.
"""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import (
    InexpressibleError,
    Slot,
    Table,
    arguments,
    is_fixed,
    size,
    square,
    symbolic,
    tidy,
    unusual,
)
from cnngen.backends.code import Call, Raw, call
from cnngen.backends.keras.initial import is_grouped, started
from cnngen.formula import operation
from cnngen.ir import Layer
from cnngen.ops.window import Pads, extent
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
    helper classes.
    """

    parts: tuple[Part, ...]
    slots: dict[str, Slot] = {}  # noqa: RUF012 - never changed
    needs: tuple[str, ...] = ()


TABLE: Table[Emission] = Table()

KERNEL = Slot("kernel", "height width in out")
BIAS = Slot("bias", "out")
AFFINE = {"scale": Slot("gamma", "channels"), "shift": Slot("beta", "channels")}

RENAMES: dict[type[ops.Op], Call] = {
    ops.Relu: call("layers.ReLU"),
    ops.Relu6: call("layers.Activation", "relu6"),
    ops.Silu: call("layers.Activation", "silu"),
    ops.Mish: call("layers.Activation", "mish"),
    ops.Sigmoid: call("layers.Activation", "sigmoid"),
    ops.HardSigmoid: call("layers.Activation", "hard_sigmoid"),
    ops.HardSwish: call("layers.Activation", "hard_silu"),
    ops.Tanh: call("layers.Activation", "tanh"),
    ops.Softplus: call("layers.Activation", "softplus"),
    ops.Softmax: call("layers.Softmax"),
    ops.LogSoftmax: call("layers.Activation", "log_softmax"),
    ops.Identity: call("layers.Identity"),
}
"""Ops that are a pure rename."""

for _op, _call in RENAMES.items():
    TABLE.emits(_op)(lambda _layer, _call=_call: Emission((Part(_call),)))  # type: ignore[misc]


# --- convolutions ----------------------------------------------------------------------------


@TABLE.emits(ops.Conv)
def _conv(layer: Layer) -> Emission:
    head = ("layers.Conv2D", arguments(layer)("channels"))
    return _convolution(layer, head, unusual(layer, groups=1), KERNEL)


@TABLE.emits(ops.DepthwiseConv)
def _depthwise_conv(layer: Layer) -> Emission:
    op: Any = layer.op
    if is_grouped(op):
        head: tuple[object, ...] = ("layers.Conv2D", symbolic(layer.channels))
        groups = {"groups": symbolic(layer.source)}
        slot = Slot("kernel", "height width 1 (channels multiplier)")
        return _convolution(layer, head, groups, slot)
    given = unusual(layer, multiplier=1)
    keywords = {"depth_multiplier": given["multiplier"]} if given else {}
    slot = Slot("kernel", "height width channels multiplier")
    return _convolution(layer, ("layers.DepthwiseConv2D",), keywords, slot)


def _convolution(
    layer: Layer, head: tuple[object, ...], groups: dict[str, object], kernel: Slot
) -> Emission:
    op, x = layer.op, layer.input
    assert isinstance(op, ops.Conv | ops.DepthwiseConv)
    assert isinstance(x, ops.Map)
    # Keras refuses dilation together with strides: convolve at every place, keep some.
    thinned = op.dilation != (1, 1) and op.stride != (1, 1)
    padding, same = _padding(layer, op.pads(x), op.pad == "same" and not thinned)
    given = unusual(layer, stride=(1, 1), dilation=(1, 1), bias=True)
    strides = given.pop("stride", None)
    keywords: dict[str, object] = {}
    if strides is not None and not thinned:
        keywords["strides"] = strides
    if same:
        keywords["padding"] = "same"
    if "dilation" in given:
        keywords["dilation_rate"] = given["dilation"]
    keywords |= groups
    if "bias" in given:
        keywords["use_bias"] = given["bias"]
    start = started(layer)
    keywords |= start.keywords
    function, *sizes = head
    main = call(str(function), *sizes, size(layer, "kernel"), **keywords)
    slots = {"kernel": kernel, "bias": BIAS}
    if not thinned:
        return Emission((*padding, Part(main)), slots, start.needs)
    thin = call("layers.MaxPooling2D", 1, strides=strides)
    return Emission((*padding, Part(main), Part(thin, "_strided")), slots, start.needs)


def _padding(layer: Layer, around: Pads, means_same: bool) -> tuple[tuple[Part, ...], bool]:
    """A padding layer, or whether ``padding="same"`` is the very same thing."""
    op: Any = layer.op
    kernel, dilation = op.kernel, getattr(op, "dilation", (1, 1))
    if means_same:
        return (), kernel != (1, 1) or not is_fixed(layer, "kernel")
    if is_fixed(layer, "pad") and not around.any:
        return (), False
    if _keeps_size(layer, around, kernel, dilation):
        return (), True
    border = _border(around) if is_fixed(layer, "pad") else size(layer, "pad")
    return (Part(call("layers.ZeroPadding2D", border), "_pad"),), False


def _keeps_size(
    layer: Layer, around: Pads, kernel: tuple[int, int], dilation: tuple[int, int]
) -> bool:
    """Whether the output always has the input's size, with equal padding on both sides."""
    op: Any = layer.op
    stride = getattr(op, "step", op.stride)
    if stride != (1, 1) or not is_fixed(layer, "stride", "kernel", "dilation", "pad"):
        # What holds for one use of a block need not hold for the next.
        return False
    rows = extent(kernel[0], dilation[0]) - 1
    columns = extent(kernel[1], dilation[1]) - 1
    return around.symmetric and (2 * around.top, 2 * around.left) == (rows, columns)


def _border(around: Pads) -> object:
    """The padding as Keras writes it, in the shortest form."""
    if not around.symmetric:
        return ((around.top, around.bottom), (around.left, around.right))
    return square((around.top, around.left))


@TABLE.emits(ops.ConvTranspose)
def _conv_transpose(layer: Layer) -> Emission:
    op: Any = layer.op
    if op.groups != 1:
        raise InexpressibleError(
            f"Keras has no transposed convolution with groups, here `groups={op.groups}`",
            "leave out `groups`, or compile for torch alone",
        )
    given = unusual(layer, stride=(1, 1), bias=True)
    keywords: dict[str, object] = {}
    if "stride" in given:
        keywords["strides"] = given["stride"]
    # Without output_padding, Keras enlarges the result where the window is smaller than a step.
    keywords["output_padding"] = size(layer, "output_pad")
    if "bias" in given:
        keywords["use_bias"] = given["bias"]
    start = started(layer)
    keywords |= start.keywords
    channels = arguments(layer)("channels")
    main = Part(call("layers.Conv2DTranspose", channels, size(layer, "kernel"), **keywords))
    slots = {"kernel": Slot("kernel", "height width out in"), "bias": BIAS}
    if op.pad == (0, 0) and is_fixed(layer, "pad"):
        return Emission((main,), slots, start.needs)
    crop = call("layers.Cropping2D", size(layer, "pad"))
    return Emission((main, Part(crop, "_crop")), slots, start.needs)


# --- pooling ---------------------------------------------------------------------------------


@TABLE.emits(ops.MaxPool)
def _maxpool(layer: Layer) -> Emission:
    op: Any = layer.op
    if op.output not in (None, (1, 1)):
        return _adaptive_max(layer)
    if op.output is not None:
        return _whole(layer, "Max")
    around = op.pads(layer.input)
    _, same = _padding(layer, around, op.pad == "same")
    pool = Part(_pooling("layers.MaxPooling2D", layer, same))
    if same or not around.any:
        return Emission((pool,))
    widths = ((0, 0), (around.top, around.bottom), (around.left, around.right), (0, 0))
    infinite = call("ops.pad", widths, constant_values=Raw("-math.inf"))
    return Emission((Part(infinite, function=True), pool), needs=("math", "ops"))


@TABLE.emits(ops.AvgPool)
def _avgpool(layer: Layer) -> Emission:
    op: Any = layer.op
    if op.output is not None:
        return _whole(layer, "Average")
    around, counted = op.pads(layer.input), op.counted_pads(layer.input)
    padding, same = _padding(layer, around, op.pad == "same")
    # On its torch backend, Keras fills sides that differ with copies of the border and counts them.
    uncounted = same and not op.count_pad and around.symmetric
    if not around.any or uncounted:
        return Emission((Part(_pooling("layers.AveragePooling2D", layer, same)),))
    if op.count_pad and around == counted:
        border = padding or (Part(call("layers.ZeroPadding2D", _border(around)), "_pad"),)
        return Emission((*border, Part(_pooling("layers.AveragePooling2D", layer, False))))
    counts = counted if op.count_pad else Pads(0, 0, 0, 0)
    pool = call(
        "PaddedAveragePooling2D",
        op.window,
        op.step,
        padding=_both_sides(around),
        counted=_both_sides(counts),
    )
    return Emission((Part(pool),), needs=("ops", "PaddedAveragePooling2D"))


def _pooling(function: str, layer: Layer, same: bool) -> Call:
    op: Any = layer.op
    keywords: dict[str, object] = {}
    if not is_fixed(layer, "stride"):
        keywords["strides"] = size(layer, "stride")
    elif op.step != op.window or not (op.stride is None or is_fixed(layer, "kernel")):
        keywords["strides"] = square(op.step)
    if same:
        keywords["padding"] = "same"
    return call(function, size(layer, "kernel"), **keywords)


def _both_sides(around: Pads) -> tuple[tuple[int, int], tuple[int, int]]:
    return ((around.top, around.bottom), (around.left, around.right))


def _whole(layer: Layer, kind: str) -> Emission:
    """Global pooling, or as many windows as the output has cells."""
    op: Any = layer.op
    if op.output == (1, 1):
        return Emission((Part(call(f"layers.Global{kind}Pooling2D", keepdims=True)),))
    return Emission((Part(call(f"layers.Adaptive{kind}Pooling2D", square(op.output))),))


def _adaptive_max(layer: Layer) -> Emission:
    """As many maxima as the output has cells.

    Where a side of input or output is 1, Keras' own layer pools with a window that is larger than
    the map on its way, and TensorFlow leaves the gradient of that unset.
    """
    op: Any = layer.op
    x: Any = layer.input
    (height, width), (rows, columns) = x[:2], op.output
    if min(height, width, rows, columns) > 1:
        return _whole(layer, "Max")
    if height % rows == width % columns == 0:
        window = square((height // rows, width // columns))
        return Emission((Part(call("layers.MaxPooling2D", window)),))
    main = call("AdaptiveMaxPooling2D", op.output)
    return Emission((Part(main),), needs=("ops", "AdaptiveMaxPooling2D"))


# --- normalisation ---------------------------------------------------------------------------


@TABLE.emits(ops.BatchNorm)
def _batch_norm(layer: Layer) -> Emission:
    op: Any = layer.op
    momentum = tidy(1 - op.momentum)  # Keras counts the share of the old statistics
    eps = arguments(layer)("eps")
    scale = {"gamma_initializer": "zeros"} if op.zero_scale else {}
    keywords = _affine(op) | scale
    main = call("layers.BatchNormalization", momentum=momentum, epsilon=eps, **keywords)
    statistics = {
        "mean": Slot("moving_mean", "channels"),
        "variance": Slot("moving_variance", "channels"),
    }
    return Emission((Part(main),), AFFINE | statistics)


def _affine(op: Any) -> dict[str, object]:
    return {} if op.affine else {"center": False, "scale": False}


@TABLE.emits(ops.LayerNorm)
def _layer_norm(layer: Layer) -> Emission:
    op: Any = layer.op
    eps = arguments(layer)("eps")
    main = call("layers.LayerNormalization", epsilon=eps, **_affine(op))
    return Emission((Part(main),), AFFINE)


@TABLE.emits(ops.GroupNorm)
def _group_norm(layer: Layer) -> Emission:
    op: Any = layer.op
    eps, groups = arguments(layer)("eps"), arguments(layer)("groups")
    main = call("layers.GroupNormalization", groups, epsilon=eps, **_affine(op))
    return Emission((Part(main),), AFFINE)


@TABLE.emits(ops.LocalResponseNorm)
def _local_response_norm(layer: Layer) -> Emission:
    op: Any = layer.op
    main = call("LocalResponseNorm", op.size, alpha=op.alpha, beta=op.beta, k=op.k)
    return Emission((Part(main),), needs=("ops", "LocalResponseNorm"))


# --- the rest --------------------------------------------------------------------------------


@TABLE.emits(ops.Dense)
def _dense(layer: Layer) -> Emission:
    given = unusual(layer, bias=True)
    start = started(layer)
    keywords = ({"use_bias": given["bias"]} if given else {}) | start.keywords
    main = call("layers.Dense", arguments(layer)("units"), **keywords)
    slots = {"kernel": Slot("kernel", "in out"), "bias": BIAS}
    return Emission((Part(main),), slots, start.needs)


@TABLE.emits(ops.Flatten)
def _flatten(layer: Layer) -> Emission:
    op: Any = layer.op
    flatten = Part(call("layers.Flatten"))
    if not op.ordered:
        return Emission((flatten,))
    return Emission((Part(call("layers.Permute", (3, 1, 2)), "_permute"), flatten))


@TABLE.emits(ops.Dropout)
def _dropout(layer: Layer) -> Emission:
    return Emission((Part(call("layers.Dropout", arguments(layer)("rate"))),))


@TABLE.emits(ops.PadChannels)
def _pad_channels(layer: Layer) -> Emission:
    added = symbolic(operation("-", layer.channels, layer.source))
    axes = 4 if isinstance(layer.input, ops.Map) else 2
    pad = call("ops.pad", (*((0, 0),) * (axes - 1), (0, added)))
    return Emission((Part(pad, function=True),), needs=("ops",))


@TABLE.emits(ops.LeakyRelu)
def _leaky_relu(layer: Layer) -> Emission:
    op: Any = layer.op
    if op.slope < 0:
        raise InexpressibleError(
            f"Keras takes no negative slope for a leaky relu, here {op.slope:g}",
            "use a slope of at least 0, or compile for torch alone",
        )
    slope = arguments(layer)("slope")
    return Emission((Part(call("layers.LeakyReLU", negative_slope=slope)),))


@TABLE.emits(ops.PRelu)
def _prelu(layer: Layer) -> Emission:
    start = call("keras.initializers.Constant", 0.25)
    if isinstance(layer.input, ops.Map):
        main = call("layers.PReLU", alpha_initializer=start, shared_axes=Raw("[1, 2]"))
        return Emission((Part(main),), {"slope": Slot("alpha", "1 1 channels")})
    main = call("layers.PReLU", alpha_initializer=start)
    return Emission((Part(main),), {"slope": Slot("alpha", "channels")})


@TABLE.emits(ops.Elu)
def _elu(layer: Layer) -> Emission:
    return Emission((Part(call("layers.ELU", alpha=arguments(layer)("alpha"))),))


@TABLE.emits(ops.Gelu)
def _gelu(layer: Layer) -> Emission:
    op: Any = layer.op
    if op.form == "exact":
        return Emission((Part(call("layers.Activation", "gelu")),))
    approximate = call("ops.gelu", approximate=True)
    return Emission((Part(approximate, function=True),), needs=("ops",))
