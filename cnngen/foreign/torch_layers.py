"""The layers of PyTorch: signatures, and what is written for each."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.foreign.calls import Arguments, number_text, size_text, words
from cnngen.foreign.layer import Layer, per_axis_layers, rate, valued

TOOL = "PyTorch"

MODES = {"nearest": "", "bilinear": "mode=linear", "bicubic": "mode=cubic"}

_AFTER_WINDOW = "stride=1 padding=0 dilation=1 groups=1 bias=True padding_mode='zeros'"


def _bias(a: Arguments) -> str:
    """Only what is said: left out, a bias is there unless a batch norm follows."""
    given = a.flag("bias")
    return f"bias={str(given).lower()}" if "bias" in a.given else ""


def _pad(a: Arguments) -> str:
    """``padding=`` of a convolution."""
    padding = a.get("padding")
    if padding == "valid":
        return ""
    if padding != "same":
        return a.option("pad", "padding", 0, 0)
    if set(a.per_axis("stride")) != {1}:
        raise a.unsayable("padding", "stands with a stride of 1 alone")
    return "pad=same"


def _conv(a: Arguments) -> str:
    a.get("in_channels")
    mode = a.get("padding_mode")
    if mode not in ("zeros", "reflect", "replicate") or (
        mode != "zeros" and a.get("padding") == "same"
    ):
        raise a.unsayable("padding_mode")
    return words(
        "conv",
        a.number("out_channels"),
        a.window("kernel_size"),
        a.option("stride", "stride", 1),
        _pad(a),
        "" if mode == "zeros" else f"pad_mode={mode}",
        a.option("dilation", "dilation", 1),
        _groups(a),
        _bias(a),
    )


def _groups(a: Arguments) -> str:
    groups = a.number("groups")
    return "" if groups == "1" else f"groups={groups}"


def _conv_transpose(a: Arguments) -> str:
    a.get("in_channels")
    return words(
        "conv_transpose",
        a.number("out_channels"),
        a.window("kernel_size"),
        a.option("stride", "stride", 1),
        a.option("pad", "padding", 0, 0),
        a.option("output_pad", "output_padding", 0, 0),
        a.option("dilation", "dilation", 1),
        _groups(a),
        _bias(a),
    )


def _stride(a: Arguments) -> str:
    """The stride of a pool, which is its window where nothing is said."""
    if a.get("stride") is None or a.per_axis("stride") == a.per_axis("kernel_size"):
        return ""
    return a.option("stride", "stride", 0)


def _pool(a: Arguments, word: str) -> str:
    return words(
        word,
        a.window("kernel_size"),
        _stride(a),
        a.option("pad", "padding", 0, 0),
        "ceil=true" if a.flag("ceil_mode") else "",
    )


def _max_pool(a: Arguments) -> str:
    return words(_pool(a, "maxpool"), a.option("dilation", "dilation", 1))


def _avg_pool(a: Arguments) -> str:
    counts = a.flag("count_include_pad") or set(a.per_axis("padding", 0)) == {0}
    return words(_pool(a, "avgpool"), "" if counts else "count_pad=false")


def _adaptive(word: str) -> Callable[[Arguments], str]:
    def write(a: Arguments) -> str:
        size = a.window("output_size")
        return f"{word} global" if set(size.split("x")) == {"1"} else f"{word} adaptive={size}"

    return write


def _batch_norm(a: Arguments) -> str:
    a.get("num_features")
    affine = "" if a.flag("affine") else "affine=false"
    return words(
        "bn", a.setting("eps", "eps", 1e-5), a.setting("momentum", "momentum", 0.1), affine
    )


def _group_norm(a: Arguments) -> str:
    a.get("num_channels")
    affine = "" if a.flag("affine") else "affine=false"
    return words("groupnorm", a.number("num_groups"), a.setting("eps", "eps", 1e-5), affine)


def _instance_norm(a: Arguments) -> str:
    a.get("num_features")
    affine = "" if a.flag("affine") else "affine=false"
    return words("instancenorm", a.setting("eps", "eps", 1e-5), affine)


OF_IMAGE = 3
"""Axes of an image, its channels among them: what is normalised over fewer is each channel."""


def _layer_norm(a: Arguments) -> str:
    shape = a.get("normalized_shape")
    affine = "" if a.flag("elementwise_affine") else "affine=false"
    if isinstance(shape, tuple) and len(shape) > 1:
        if len(shape) != OF_IMAGE:
            raise a.unsayable("normalized_shape", "is of another number of axes than an image has")
        if not affine:
            raise a.unsayable(
                "normalized_shape",
                "has a scale for each cell; `groupnorm 1` normalises over the same values, with a "
                "scale for each channel",
            )
        a.flag("bias")
        return words("groupnorm 1", a.setting("eps", "eps", 1e-5), affine)
    if not a.flag("bias") and not affine:
        affine = "affine=scale"
    return words("layernorm", a.setting("eps", "eps", 1e-5), affine)


def _lrn(a: Arguments) -> str:
    """PyTorch divides alpha by the size, the paper and the language do not."""
    size, alpha = a.number("size"), a.get("alpha")
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not size.isdigit():
        raise a.unsayable("alpha")
    return words(
        f"lrn {size}",
        f"alpha={number_text(alpha / int(size))}",
        a.setting("beta", "beta", 0.75),
        a.setting("k", "k", 2),
    )


def _linear(a: Arguments) -> str:
    a.get("in_features")
    return words("dense", a.number("out_features"), _bias(a))


def _flatten(a: Arguments) -> str:
    return "flatten"


def _dropout(word: str) -> Callable[[Arguments], str]:
    def write(a: Arguments) -> str:
        return f"{word} {rate(a, 'p')}"

    return write


def _across_channels(word: str) -> Callable[[Arguments], str]:
    def write(a: Arguments) -> str:
        if a.get("dim") not in (None, 1):
            raise a.unsayable("dim", f"may be an axis of positions; `{word}` is across channels")
        return word

    return write


def _gelu(a: Arguments) -> str:
    return "gelu tanh" if a.get("approximate") == "tanh" else "gelu"


def _prelu(a: Arguments) -> str:
    return "prelu per=layer" if a.number("num_parameters") == "1" else "prelu"


def _upsample(a: Arguments) -> str:
    mode = a.get("mode")
    if mode not in MODES:
        raise a.unsayable("mode")
    if a.get("align_corners"):
        raise a.unsayable("align_corners", "cannot be said: here pixels have their centres")
    if a.get("size") is not None:
        return words("resize", f"to={a.window('size')}", MODES[str(mode)])
    factor = a.per_axis("scale_factor")
    return words("resize", size_text(factor), MODES[str(mode)])


def _border(mode: str) -> Callable[[Arguments], str]:
    def write(a: Arguments) -> str:
        padding = a.get("padding")
        if isinstance(padding, int) and padding > 0:
            return words(f"pad {padding}", mode)
        sides = padding if isinstance(padding, tuple) else ()
        numbers = [side for side in sides if type(side) is int and side >= 0]
        if len(numbers) != 2 * a.axes or not any(numbers):
            raise a.unsayable("padding")
        # The last axis comes first, before and after it.
        before, after = numbers[::2][::-1], numbers[1::2][::-1]
        both = ["x".join(map(str, side)) for side in (before, after)]
        return words(f"pad {both[0]}", "" if before == after else f"after={both[1]}", mode)

    return write


def _one(word: str, name: str) -> Callable[[Arguments], str]:
    """A layer with one whole number."""

    def write(a: Arguments) -> str:
        return f"{word} {a.number(name)}"

    return write


def _plain(word: str) -> Layer:
    return Layer("", lambda a: word)


LAYERS: dict[str, Layer] = {
    **per_axis_layers("Conv#d", f"in_channels out_channels kernel_size {_AFTER_WINDOW}", _conv),
    **per_axis_layers(
        "ConvTranspose#d",
        "in_channels out_channels kernel_size stride=1 padding=0 output_padding=0 groups=1 "
        "bias=True dilation=1 padding_mode='zeros'",
        _conv_transpose,
    ),
    **per_axis_layers(
        "MaxPool#d",
        "kernel_size stride=None padding=0 dilation=1 return_indices=False ceil_mode=False",
        _max_pool,
    ),
    **per_axis_layers(
        "AvgPool#d",
        "kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True "
        "divisor_override=None",
        _avg_pool,
    ),
    **per_axis_layers("AdaptiveAvgPool#d", "output_size", _adaptive("avgpool")),
    **per_axis_layers("AdaptiveMaxPool#d", "output_size", _adaptive("maxpool")),
    **per_axis_layers("BatchNorm#d", "num_features eps=1e-5 momentum=0.1 affine=True", _batch_norm),
    **per_axis_layers(
        "InstanceNorm#d", "num_features eps=1e-5 momentum=0.1 affine=False", _instance_norm
    ),
    **per_axis_layers("Dropout#d", "p=0.5", _dropout("spatial_dropout")),
    **per_axis_layers("ZeroPad#d", "padding", _border("")),
    **per_axis_layers("ReflectionPad#d", "padding", _border("mode=reflect")),
    **per_axis_layers("ReplicationPad#d", "padding", _border("mode=replicate")),
    "GroupNorm": Layer("num_groups num_channels eps=1e-5 affine=True", _group_norm),
    "LayerNorm": Layer("normalized_shape eps=1e-5 elementwise_affine=True bias=True", _layer_norm),
    "LocalResponseNorm": Layer("size alpha=1e-4 beta=0.75 k=1.0", _lrn),
    "Linear": Layer("in_features out_features bias=True", _linear),
    "Flatten": Layer("start_dim=1 end_dim=-1", _flatten),
    "Dropout": Layer("p=0.5", _dropout("dropout")),
    "Identity": _plain("identity"),
    "ReLU": Layer("inplace=False", lambda a: "relu"),
    "ReLU6": Layer("inplace=False", lambda a: "relu6"),
    "Sigmoid": _plain("sigmoid"),
    "Tanh": _plain("tanh"),
    "SiLU": Layer("inplace=False", lambda a: "silu"),
    "Mish": Layer("inplace=False", lambda a: "mish"),
    "SELU": Layer("inplace=False", lambda a: "selu"),
    "Hardsigmoid": Layer("inplace=False", lambda a: "hard_sigmoid"),
    "Hardswish": Layer("inplace=False", lambda a: "hard_swish"),
    "Hardtanh": Layer("min_val=-1.0 max_val=1.0", lambda a: "hard_tanh"),
    "Softsign": _plain("softsign"),
    "Softplus": Layer("beta=1.0 threshold=20.0", lambda a: "softplus"),
    "LogSigmoid": _plain("log_sigmoid"),
    "GELU": Layer("approximate='none'", _gelu),
    "LeakyReLU": Layer(
        "negative_slope=0.01 inplace=False", valued("leaky_relu", "negative_slope", 0.01)
    ),
    "ELU": Layer("alpha=1.0 inplace=False", valued("elu", "alpha", 1)),
    "CELU": Layer("alpha=1.0 inplace=False", valued("celu", "alpha", 1)),
    "PReLU": Layer("num_parameters=1 init=0.25", _prelu),
    "Softmax": Layer("dim=None", _across_channels("softmax")),
    "Softmax2d": _plain("softmax"),
    "LogSoftmax": Layer("dim=None", _across_channels("log_softmax")),
    "Upsample": Layer("size=None scale_factor=None mode='nearest' align_corners=None", _upsample),
    "PixelShuffle": Layer("upscale_factor", _one("pixel_shuffle", "upscale_factor")),
    "PixelUnshuffle": Layer("downscale_factor", _one("pixel_unshuffle", "downscale_factor")),
    "ChannelShuffle": Layer("groups", _one("channel_shuffle", "groups")),
}
"""Modules of `torch.nn`."""

FUNCTIONS: dict[str, Layer] = {
    **{
        name: LAYERS[of]
        for name, of in {
            "relu": "ReLU",
            "relu_": "ReLU",
            "relu6": "ReLU6",
            "sigmoid": "Sigmoid",
            "tanh": "Tanh",
            "silu": "SiLU",
            "mish": "Mish",
            "selu": "SELU",
            "hardsigmoid": "Hardsigmoid",
            "hardswish": "Hardswish",
            "softsign": "Softsign",
            "softplus": "Softplus",
            "logsigmoid": "LogSigmoid",
            "gelu": "GELU",
            "leaky_relu": "LeakyReLU",
            "elu": "ELU",
            "celu": "CELU",
            "softmax": "Softmax",
            "log_softmax": "LogSoftmax",
            "dropout": "Dropout",
            "interpolate": "Upsample",
            "pixel_shuffle": "PixelShuffle",
            "channel_shuffle": "ChannelShuffle",
            **{f"dropout{n}d": f"Dropout{n}d" for n in (1, 2, 3)},
            **{f"avg_pool{n}d": f"AvgPool{n}d" for n in (1, 2, 3)},
            **{f"adaptive_avg_pool{n}d": f"AdaptiveAvgPool{n}d" for n in (1, 2, 3)},
            **{f"adaptive_max_pool{n}d": f"AdaptiveMaxPool{n}d" for n in (1, 2, 3)},
        }.items()
    },
    **per_axis_layers(
        "max_pool#d",
        "kernel_size stride=None padding=0 dilation=1 ceil_mode=False return_indices=False",
        _max_pool,
    ),
    "flatten": Layer("start_dim=0 end_dim=-1", lambda a: _flatten_from_one(a)),
}
"""Functions that take what flows as their first argument."""


def _flatten_from_one(a: Arguments) -> str:
    if a.get("start_dim") != 1:
        raise a.unsayable("start_dim", "takes the batch in; `flatten` leaves it")
    return "flatten"
