"""From op to torch: the module that stands for a layer, and where its weights are kept.

Every layer becomes one submodule, so that a hook on it sees the layer's own output. Where torch
needs a padding of its own first, the two are a Sequential.
"""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.base import (
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
from cnngen.backends.code import Call, call
from cnngen.backends.torch.initial import started
from cnngen.formula import operation
from cnngen.ir import Layer
from cnngen.ops.window import Pads
from cnngen.record import NamedTuple


class Emission(NamedTuple):
    """The constructor call of a layer's module, its weights, and the helper classes it needs."""

    module: Call
    slots: dict[str, Slot] = {}  # noqa: RUF012 - never changed
    needs: tuple[str, ...] = ()


TABLE: Table[Emission] = Table()

KERNEL = Slot("weight", "out in height width")
BIAS = Slot("bias", "out")
PADDING = {"pad": "padding", "output_pad": "output_padding"}
AFFINE = {"scale": Slot("weight", "channels"), "shift": Slot("bias", "channels")}

RENAMES: dict[type[ops.Op], Call] = {
    ops.Relu: call("nn.ReLU"),
    ops.Relu6: call("nn.ReLU6"),
    ops.Silu: call("nn.SiLU"),
    ops.Mish: call("nn.Mish"),
    ops.Sigmoid: call("nn.Sigmoid"),
    ops.HardSigmoid: call("nn.Hardsigmoid"),
    ops.HardSwish: call("nn.Hardswish"),
    ops.Tanh: call("nn.Tanh"),
    ops.Softplus: call("nn.Softplus"),
    ops.Softmax: call("nn.Softmax", dim=1),
    ops.LogSoftmax: call("nn.LogSoftmax", dim=1),
    ops.Flatten: call("nn.Flatten"),
    ops.Identity: call("nn.Identity"),
}
"""Ops that are a pure rename."""

for _op, _module in RENAMES.items():
    TABLE.emits(_op)(lambda _layer, _module=_module: Emission(_module))  # type: ignore[misc]


@TABLE.emits(ops.Conv)
def _conv(layer: Layer) -> Emission:
    inner = [symbolic(layer.source), arguments(layer)("channels")]
    return _convolution(layer, inner, unusual(layer, groups=1), KERNEL)


@TABLE.emits(ops.DepthwiseConv)
def _depthwise_conv(layer: Layer) -> Emission:
    channels = symbolic(layer.source)
    slot = Slot("weight", "(channels multiplier) 1 height width")
    return _convolution(layer, [channels, symbolic(layer.channels)], {"groups": channels}, slot)


def _convolution(
    layer: Layer, sizes: list[object], groups: dict[str, object], kernel: Slot
) -> Emission:
    """``nn.Conv2d``, behind a padding layer where its sides differ."""
    op, x = layer.op, layer.input
    assert isinstance(op, ops.Conv | ops.DepthwiseConv)
    assert isinstance(x, ops.Map)
    around = op.pads(x)
    stays = op.pad == "same" and op.stride == (1, 1)
    keywords = unusual(layer, stride=(1, 1))
    if not is_fixed(layer, "pad"):
        keywords["padding"] = size(layer, "pad")
    elif stays and (op.kernel != (1, 1) or not is_fixed(layer, "kernel")):
        keywords["padding"] = "same"
    elif around.any and around.symmetric:
        keywords["padding"] = square((around.top, around.left))
    keywords |= unusual(layer, dilation=(1, 1))
    keywords |= groups
    keywords |= unusual(layer, bias=True)
    made = call("nn.Conv2d", *sizes, size(layer, "kernel"), **keywords)
    module, needs = started(layer, made)
    slots = {"kernel": kernel, "bias": BIAS}
    if stays or around.symmetric:
        return Emission(module, slots, needs)
    return _padded(call("nn.ZeroPad2d", _sides(around)), module, slots)._replace(needs=needs)


def _sides(around: Pads) -> tuple[int, int, int, int]:
    """Torch's order: left, right, top, bottom."""
    return (around.left, around.right, around.top, around.bottom)


def _padded(padding: Call, module: Call, slots: dict[str, Slot]) -> Emission:
    inner = {name: Slot(f"1.{slot.key}", slot.layout) for name, slot in slots.items()}
    return Emission(Call("nn.Sequential", (padding, module)), inner)


@TABLE.emits(ops.ConvTranspose)
def _conv_transpose(layer: Layer) -> Emission:
    given = unusual(layer, stride=(1, 1), pad=(0, 0), output_pad=(0, 0), groups=1, bias=True)
    keywords = {PADDING.get(name, name): value for name, value in given.items()}
    channels = arguments(layer)("channels")
    made = call(
        "nn.ConvTranspose2d",
        symbolic(layer.source),
        channels,
        size(layer, "kernel"),
        **keywords,
    )
    module, needs = started(layer, made)
    return Emission(module, {"kernel": Slot("weight", "in out height width"), "bias": BIAS}, needs)


@TABLE.emits(ops.MaxPool)
def _maxpool(layer: Layer) -> Emission:
    op: Any = layer.op
    if op.output is not None:
        return Emission(call("nn.AdaptiveMaxPool2d", square(op.output)))
    around = op.counted_pads(layer.input)
    module = call("nn.MaxPool2d", size(layer, "kernel"), **_window_keywords(layer, around))
    if around.symmetric:
        return Emission(module)
    infinite = call("nn.ConstantPad2d", _sides(around), call("float", "-inf"))
    return _padded(infinite, module, {})


@TABLE.emits(ops.AvgPool)
def _avgpool(layer: Layer) -> Emission:
    op: Any = layer.op
    if op.output is not None:
        return Emission(call("nn.AdaptiveAvgPool2d", square(op.output)))
    around = op.counted_pads(layer.input)
    keywords = _window_keywords(layer, around)
    if not around.symmetric and not op.count_pad:
        pool = call("PaddedAvgPool2d", op.window, op.step, _sides(around))
        return Emission(pool, needs=("PaddedAvgPool2d",))
    if not op.count_pad and (around.any or op.ceil):
        keywords["count_include_pad"] = False
    module = call("nn.AvgPool2d", size(layer, "kernel"), **keywords)
    if around.symmetric:
        return Emission(module)
    return _padded(call("nn.ZeroPad2d", _sides(around)), module, {})


def _window_keywords(layer: Layer, around: Pads) -> dict[str, object]:
    op: Any = layer.op
    keywords: dict[str, object] = {}
    if not is_fixed(layer, "stride"):
        keywords["stride"] = size(layer, "stride")
    elif op.step != op.window or not (op.stride is None or is_fixed(layer, "kernel")):
        keywords["stride"] = square(op.step)
    if not is_fixed(layer, "pad"):
        keywords["padding"] = size(layer, "pad")
    elif around.any and around.symmetric:
        keywords["padding"] = square((around.top, around.left))
    if op.ceil:
        keywords["ceil_mode"] = True
    return keywords


@TABLE.emits(ops.BatchNorm)
def _batch_norm(layer: Layer) -> Emission:
    keywords = unusual(layer, eps=1e-5, momentum=0.1, affine=True)
    function = "nn.BatchNorm2d" if isinstance(layer.input, ops.Map) else "nn.BatchNorm1d"
    statistics = {
        "mean": Slot("running_mean", "channels"),
        "variance": Slot("running_var", "channels"),
    }
    module = call(function, symbolic(layer.source), **keywords)
    op: Any = layer.op
    if op.zero_scale:
        return Emission(call("zero_scale", module), AFFINE | statistics, ("zero_scale",))
    return Emission(module, AFFINE | statistics)


@TABLE.emits(ops.LayerNorm)
def _layer_norm(layer: Layer) -> Emission:
    op: Any = layer.op
    keywords = unusual(layer, eps=1e-5)
    if not op.affine:
        keywords["elementwise_affine"] = False
    if isinstance(layer.input, ops.Vector):
        return Emission(call("nn.LayerNorm", symbolic(layer.source), **keywords), AFFINE)
    module = call("LayerNorm2d", symbolic(layer.source), **keywords)
    return Emission(module, AFFINE, ("LayerNorm2d",))


@TABLE.emits(ops.GroupNorm)
def _group_norm(layer: Layer) -> Emission:
    keywords = unusual(layer, eps=1e-5, affine=True)
    groups = arguments(layer)("groups")
    return Emission(call("nn.GroupNorm", groups, symbolic(layer.source), **keywords), AFFINE)


@TABLE.emits(ops.LocalResponseNorm)
def _local_response_norm(layer: Layer) -> Emission:
    op: Any = layer.op
    alpha = tidy(op.alpha * op.size)  # torch divides alpha by the size, the paper does not
    return Emission(call("nn.LocalResponseNorm", op.size, alpha=alpha, beta=op.beta, k=op.k))


@TABLE.emits(ops.Dense)
def _dense(layer: Layer) -> Emission:
    keywords = unusual(layer, bias=True)
    made = call("nn.Linear", symbolic(layer.source), arguments(layer)("units"), **keywords)
    module, needs = started(layer, made)
    return Emission(module, {"kernel": Slot("weight", "out in"), "bias": BIAS}, needs)


@TABLE.emits(ops.Dropout)
def _dropout(layer: Layer) -> Emission:
    return Emission(call("nn.Dropout", arguments(layer)("rate")))


@TABLE.emits(ops.PadChannels)
def _pad_channels(layer: Layer) -> Emission:
    added = symbolic(operation("-", layer.channels, layer.source))
    if isinstance(layer.input, ops.Vector):
        return Emission(call("nn.ZeroPad1d", (0, added)))
    # Of a batch of maps without more axes, the last three are channels, height and width.
    return Emission(call("nn.ZeroPad3d", (0, 0, 0, 0, 0, added)))


@TABLE.emits(ops.LeakyRelu)
def _leaky_relu(layer: Layer) -> Emission:
    return Emission(call("nn.LeakyReLU", arguments(layer)("slope")))


@TABLE.emits(ops.PRelu)
def _prelu(layer: Layer) -> Emission:
    module = call("nn.PReLU", symbolic(layer.source))
    return Emission(module, {"slope": Slot("weight", "channels")})


@TABLE.emits(ops.Elu)
def _elu(layer: Layer) -> Emission:
    return Emission(call("nn.ELU", **unusual(layer, alpha=1.0)))


@TABLE.emits(ops.Gelu)
def _gelu(layer: Layer) -> Emission:
    op: Any = layer.op
    return Emission(call("nn.GELU", approximate="tanh") if op.form == "tanh" else call("nn.GELU"))
