"""The layers of Keras: signatures, and what is written for each."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.elaborate.foreign import FOREIGN_INITIALS
from cnngen.foreign.calls import Arguments, Written, number_text, size_text, words
from cnngen.foreign.layer import Layer, per_axis_layers, rate, valued

TOOL = "Keras"

ACTIVATIONS = {
    "relu": "relu",
    "relu6": "relu6",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "mish": "mish",
    "softplus": "softplus",
    "softsign": "softsign",
    "hard_sigmoid": "hard_sigmoid",
    "hard_swish": "hard_swish",
    "hard_silu": "hard_swish",
    "leaky_relu": "leaky_relu 0.2",
    "log_sigmoid": "log_sigmoid",
    "linear": "",
}
"""Activations by the names that `activation=` takes."""

MODES = {"nearest": "", "bilinear": "mode=linear"}


def _activation(a: Arguments) -> str:
    """The layer of `activation=`; empty where there is none."""
    found = a.get("activation")
    if found is None:
        return ""
    name = found.text.rpartition(".")[2] if isinstance(found, Written) else found
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise a.unsayable("activation")
    return ACTIVATIONS[name]


def _with_activation(a: Arguments, line: str) -> str:
    activation = _activation(a)
    return f"{line}, {activation}" if activation else line


def _pad(a: Arguments) -> str:
    padding = a.get("padding")
    if padding not in ("valid", "same", "VALID", "SAME"):
        raise a.unsayable("padding")
    return "pad=same" if padding in ("same", "SAME") else ""


def _bias(a: Arguments) -> str:
    given = a.flag("use_bias")
    return f"bias={str(given).lower()}" if "use_bias" in a.given else ""


def _init(a: Arguments, name: str = "kernel_initializer") -> str:
    """The initialiser, where one is given by its name."""
    found = a.get(name)
    if found is None:
        return ""
    if not isinstance(found, str) or found.lower() not in FOREIGN_INITIALS:
        raise a.unsayable(name)
    return f"init={FOREIGN_INITIALS[found.lower()]}"


def _conv(word: str, *, has_filters: bool = True) -> Callable[[Arguments], str]:
    def write(a: Arguments) -> str:
        multiplier = "" if word == "conv" else a.number("depth_multiplier")
        groups = a.number("groups") if word == "conv" else ""
        line = words(
            word,
            a.number("filters") if has_filters else "",
            a.window("kernel_size"),
            a.option("stride", "strides", 1),
            _pad(a),
            a.option("dilation", "dilation_rate", 1),
            "" if groups in ("", "1") else f"groups={groups}",
            "" if multiplier in ("", "1") else f"multiplier={multiplier}",
            _bias(a),
            _init(a) if word == "conv" else "",
        )
        return _with_activation(a, line)

    return write


def _conv_transpose(a: Arguments) -> str:
    pad, window, stride = _pad(a), a.per_axis("kernel_size"), a.per_axis("strides")
    if not pad and any(cells < step for cells, step in zip(window, stride, strict=True)):
        raise a.unsayable("strides", "is wider than the window, which leaves gaps")
    line = words(
        "conv_transpose",
        a.number("filters"),
        a.window("kernel_size"),
        a.option("stride", "strides", 1),
        pad,
        a.option("dilation", "dilation_rate", 1),
        _bias(a),
        _init(a),
    )
    return _with_activation(a, line)


def _pool(word: str) -> Callable[[Arguments], str]:
    def write(a: Arguments) -> str:
        window, pad = a.per_axis("pool_size"), _pad(a)
        own = a.get("strides") is None or a.per_axis("strides") == window
        return words(
            word,
            a.window("pool_size"),
            "" if own else a.option("stride", "strides", 0),
            pad,
            "count_pad=false" if pad and word == "avgpool" else "",
        )

    return write


def _global(word: str) -> Callable[[Arguments], str]:
    def write(a: Arguments) -> str:
        return f"{word} global" if a.flag("keepdims") else f"{word} global, flatten"

    return write


def _affine(a: Arguments) -> str:
    scale, center = a.flag("scale"), a.flag("center")
    if scale and center:
        return ""
    return "affine=" + ("scale" if scale else "shift" if center else "false")


def _of_channels(a: Arguments) -> None:
    if a.get("axis") not in (-1, (-1,)):
        raise a.unsayable("axis")


def _batch_norm(a: Arguments) -> str:
    """The momentum of Keras is the share that is kept, here it is that of the new batch."""
    _of_channels(a)
    momentum = a.get("momentum")
    if isinstance(momentum, bool) or not isinstance(momentum, (int, float)) or momentum > 1:
        raise a.unsayable("momentum")
    share = number_text(1 - momentum)
    return words(
        "bn",
        a.setting("eps", "epsilon", 1e-5),
        "" if share == "0.1" else f"momentum={share}",
        _affine(a),
    )


def _layer_norm(a: Arguments) -> str:
    _of_channels(a)
    return words("layernorm", a.setting("eps", "epsilon", 1e-5), _affine(a))


def _group_norm(a: Arguments) -> str:
    _of_channels(a)
    affine = _affine(a)
    if affine not in ("", "affine=false"):
        raise a.unsayable("scale")
    return words("groupnorm", a.number("groups"), a.setting("eps", "epsilon", 1e-5), affine)


def _dense(a: Arguments) -> str:
    return _with_activation(a, words("dense", a.number("units"), _bias(a), _init(a)))


def _rate(word: str) -> Callable[[Arguments], str]:
    return lambda a: f"{word} {rate(a, 'rate')}"


def _relu(a: Arguments) -> str:
    most = a.get("max_value")
    if most is None:
        return "relu"
    number = a.number("max_value", 0)
    return "relu6" if number == "6" else f"relu max={number}"


def _softmax(a: Arguments) -> str:
    _of_channels(a)
    return "softmax"


def _resize(a: Arguments) -> str:
    mode = a.get("interpolation")
    if mode not in MODES:
        raise a.unsayable("interpolation")
    factor = a.per_axis("size")
    return words("resize", size_text(factor), MODES[str(mode)])


def _sides(word: str, name: str) -> Callable[[Arguments], str]:
    """Cells around a map or off it: one number, one for each axis, or two for each."""

    def write(a: Arguments) -> str:
        found = a.get(name)
        if a.axes == 1 and isinstance(found, tuple):
            found = (found,)
        parts = found if isinstance(found, tuple) else (found,) * a.axes
        pairs = [part if isinstance(part, tuple) else (part, part) for part in parts]
        cells = [[each for each in pair if type(each) is int and each >= 0] for pair in pairs]
        if len(pairs) != a.axes or any(len(pair) != 2 for pair in cells):
            raise a.unsayable(name)
        before, after = (tuple(pair[side] for pair in cells) for side in (0, 1))
        if not any((*before, *after)):
            raise a.unsayable(name, "changes nothing")
        texts = ["x".join(map(str, side)) for side in (before, after)]
        first = str(before[0]) if len(set(before)) == 1 and before == after else texts[0]
        return words(f"{word} {first}", "" if before == after else f"after={texts[1]}")

    return write


def _input(a: Arguments) -> str:
    shape = a.get("shape")
    sizes = shape if isinstance(shape, tuple) else ()
    if not sizes or not all(type(size) is int and size > 0 for size in sizes):
        raise a.unsayable("shape", "has a size that is not said")
    return f"input {'x'.join(map(str, sizes))}"


_TRAINED = "activation=None use_bias=True kernel_initializer=None"

LAYERS: dict[str, Layer] = {
    **per_axis_layers(
        "Conv#D",
        "filters kernel_size strides=1 padding='valid' data_format=None dilation_rate=1 groups=1 "
        + _TRAINED,
        _conv("conv"),
    ),
    **per_axis_layers(
        "DepthwiseConv#D",
        "kernel_size strides=1 padding='valid' depth_multiplier=1 data_format=None "
        "dilation_rate=1 activation=None use_bias=True",
        _conv("depthwise_conv", has_filters=False),
    ),
    **per_axis_layers(
        "SeparableConv#D",
        "filters kernel_size strides=1 padding='valid' data_format=None dilation_rate=1 "
        "depth_multiplier=1 activation=None use_bias=True",
        _conv("separable_conv"),
    ),
    **per_axis_layers(
        "Conv#DTranspose",
        "filters kernel_size strides=1 padding='valid' data_format=None dilation_rate=1 "
        + _TRAINED,
        _conv_transpose,
    ),
    **per_axis_layers("SpatialDropout#D", "rate", _rate("spatial_dropout")),
    **per_axis_layers("UpSampling#D", "size=2 data_format=None interpolation='nearest'", _resize),
    **per_axis_layers("ZeroPadding#D", "padding=1", _sides("pad", "padding")),
    **per_axis_layers("Cropping#D", "cropping=1", _sides("crop", "cropping")),
    **{
        f"{long}{name}": layer
        for long, word in (("Max", "maxpool"), ("Average", "avgpool"), ("Avg", "avgpool"))
        for end in ("Pooling#D", "Pool#D")
        for name, layer in per_axis_layers(
            end, "pool_size=2 strides=None padding='valid'", _pool(word)
        ).items()
    },
    **{
        f"Global{long}{name}": layer
        for long, word in (("Max", "maxpool"), ("Average", "avgpool"), ("Avg", "avgpool"))
        for end in ("Pooling#D", "Pool#D")
        for name, layer in per_axis_layers(
            end, "data_format=None keepdims=False", _global(word)
        ).items()
    },
    "BatchNormalization": Layer(
        "axis=-1 momentum=0.99 epsilon=1e-3 center=True scale=True", _batch_norm
    ),
    "LayerNormalization": Layer("axis=-1 epsilon=1e-3 center=True scale=True", _layer_norm),
    "GroupNormalization": Layer(
        "groups=32 axis=-1 epsilon=1e-3 center=True scale=True", _group_norm
    ),
    "Dense": Layer(f"units {_TRAINED}", _dense),
    "Dropout": Layer("rate", _rate("dropout")),
    "GaussianDropout": Layer("rate", _rate("gaussian_dropout")),
    "Flatten": Layer("data_format=None", lambda a: "flatten"),
    "Identity": Layer("", lambda a: "identity"),
    "Activation": Layer("activation", lambda a: _activation(a) or "identity"),
    "ReLU": Layer("max_value=None negative_slope=0.0 threshold=0.0", _relu),
    "LeakyReLU": Layer("negative_slope=0.3", valued("leaky_relu", "negative_slope", 0.01)),
    "ELU": Layer("alpha=1.0", valued("elu", "alpha", 1)),
    "Softmax": Layer("axis=-1", _softmax),
    "Input": Layer("shape", _input),
    "InputLayer": Layer("shape", _input),
}
"""Layers of `keras.layers`."""

FUNCTIONS: dict[str, Layer] = {
    name: Layer("", lambda a, word=word: word)  # type: ignore[misc]
    for name, word in ACTIVATIONS.items()
    if word
}
"""Functions that take what flows as their first argument."""
