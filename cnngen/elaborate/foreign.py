"""What other tools call our layers and arguments: hints for those who come from there."""

from __future__ import annotations

import re

from cnngen import shipped
from cnngen.elaborate.scope import LONGEST_NAME
from cnngen.ops import LAYERS, OpError, made, parameters, positional
from cnngen.syntax import ast

FOREIGN_WORDS = {
    "adaptiveavgpool": "avgpool adaptive=HxW",
    "adaptivemaxpool": "maxpool adaptive=HxW",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "cat": "concat",
    "concatenate": "concat",
    "concatenation": "concat",
    "centercrop": "crop",
    "constantpad": "pad",
    "convolution": "conv",
    "convtranspose": "conv_transpose",
    "cropping": "crop",
    "deconv": "conv_transpose",
    "depthwise": "depthwise_conv",
    "depthwiseconv": "depthwise_conv",
    "dwconv": "depthwise_conv",
    "droppath": "drop_path",
    "fc": "dense",
    "fullyconnected": "dense",
    "gap": "avgpool global",
    "globalaveragepooling": "avgpool global",
    "globalavgpool": "avgpool global",
    "globalmaxpool": "maxpool global",
    "globalmaxpooling": "maxpool global",
    "groupnormalization": "groupnorm",
    "globalresponsenorm": "grn",
    "hardsigmoid": "hard_sigmoid",
    "hardtanh": "hard_tanh",
    "hardswish": "hard_swish",
    "interpolate": "resize",
    "instancenormalization": "instancenorm",
    "layernormalization": "layernorm",
    "ln": "layernorm",
    "gn": "groupnorm",
    "channelavg": "channel_mean",
    "channelaverage": "channel_mean",
    "difference": "subtract",
    "product": "multiply",
    "layerscale": "layer_scale",
    "leakyrelu": "leaky_relu",
    "lrelu": "leaky_relu",
    "linear": "dense",
    "max": "maximum",
    "localresponsenorm": "lrn",
    "logsigmoid": "log_sigmoid",
    "logsoftmax": "log_softmax",
    "maxpooling": "maxpool",
    "mul": "multiply",
    "moveaxis": "permute",
    "movedim": "permute",
    "narrow": "channel_slice",
    "normalization": "normalize",
    "normalise": "normalize",
    "pointwise": "conv N 1x1",
    "pointwiseconv": "conv N 1x1",
    "pool": "maxpool",
    "reflectionpad": "pad 1 mode=reflect",
    "replicationpad": "pad 1 mode=replicate",
    "rescaling": "scale",
    "resizing": "resize",
    "resblock": "residual { ... }",
    "residualblock": "residual { ... }",
    "rmsnormalization": "rmsnorm",
    "se": "gate { ... }",
    "separableconv": "separable_conv",
    "sequential": "{ ... }",
    "skip": "residual { ... }",
    "skipconnection": "residual { ... }",
    "spatialdropout": "spatial_dropout",
    "subpixel": "pixel_shuffle",
    "squeezeexcitation": "gate { ... }",
    "stochasticdepth": "drop_path",
    "sub": "subtract",
    "sum": "add",
    "shuffle": "channel_shuffle",
    "stdconv": "ws_conv",
    "swapaxes": "permute",
    "swish": "silu",
    "transpose": "permute",
    "unflatten": "reshape",
    "upsample": "resize",
    "upsampling": "resize",
    "view": "flatten",
    "zeropad": "pad",
    "zeropadding": "pad",
}
"""What other tools call our layers, in lower case, without ``_`` and without ``2d``."""

ALONE = ("avgpool global", "maxpool global")
"""What some words stand for that have no arguments."""

MEAN_OTHERWISE = frozenset(
    ("centercrop", "moveaxis", "movedim", "narrow", "resizing", "swapaxes", "transpose")
)
"""Words whose arguments say something else than those of the layer here."""

BRANCHES = "branches are the lines of one body: `concat { ... }`"

MEANT = {
    "shortcut": "it stands on the line of the `}` before it: `residual { ... } shortcut { ... }`",
    "branch": BRANCHES,
    "branches": BRANCHES,
    "parallel": BRANCHES,
    "split": BRANCHES,
    "max": "`maxpool 2x2` takes the largest of a window, `maximum a` of labelled values",
    "mean": "`average` joins labelled values, `channel_mean` takes the mean of the channels",
    "avg": "`avgpool` averages a window, `average` labelled values, `channel_mean` the channels",
    "output": "what the last layer gives is the output; leave it out",
    "return": "what the last layer gives is the output; leave it out",
    "while": "loops are `repeat n { ... }` and `for a in list { ... }`",
}
"""Words that no word here stands for, and what is written in their place."""

FOREIGN_ARGUMENTS = {
    "padding": "pad",
    "strides": "stride",
    "padding_mode": "pad_mode",
    "kernel_size": "kernel",
    "pool_size": "kernel",
    "size": "kernel",
    "filters": "channels",
    "out_channels": "channels",
    "use_bias": "bias",
    "max_value": "max",
    "interpolation": "mode",
    "scale_factor": "factor",
    "upscale_factor": "factor",
    "downscale_factor": "factor",
    "dilation_rate": "dilation",
    "epsilon": "eps",
    "ceil_mode": "ceil",
    "count_include_pad": "count_pad",
    "p": "rate",
    "depth_multiplier": "multiplier",
    "out_features": "units",
    "features": "units",
    "init_value": "start",
    "init_values": "start",
    "initializer": "init",
    "kernel_initializer": "init",
    "weight_initializer": "init",
}
"""What the frameworks call our arguments."""

FOREIGN_INITIALS = {
    "glorot": "xavier",
    "glorot_normal": "xavier",
    "glorot_uniform": "xavier(uniform)",
    "he_normal": "he",
    "he_uniform": "he(uniform)",
    "kaiming": "he",
    "kaiming_normal": "he",
    "kaiming_uniform": "he(uniform)",
    "lecun_normal": "lecun",
    "lecun_uniform": "lecun(uniform)",
    "msra": "he",
    "one": "ones",
    "trunc_normal": "truncated_normal",
    "xavier_normal": "xavier",
    "xavier_uniform": "xavier(uniform)",
    "zero": "zeros",
}
"""What the frameworks and papers call our initialisers, in lower case."""


def foreign_line(node: ast.Layer) -> str:
    """A layer with a word from another tool, written as it is here; empty where it is not known.

    What comes in is known here: a number is left out where the layer takes none.
    """
    plain = _plain(node.word.name)
    word = FOREIGN_WORDS.get(plain, plain)
    if word in ALONE and not node.arguments:
        return word
    if word not in LAYERS or (node.arguments and plain in MEAN_OTHERWISE):
        return ""
    if not node.arguments and not _stands_alone(word):
        return ""
    known, unnamed = parameters(LAYERS[word]), len(positional(LAYERS[word]))
    written = [word]
    for argument in node.arguments:
        if not isinstance(argument, ast.Argument):
            if unnamed > 0:
                written.append(argument.span.text)
            elif not argument.span.text.isdigit() or positional(LAYERS[word]):
                return ""
            unnamed -= 1
            continue
        name = argument.name.name
        name = name if name in known else FOREIGN_ARGUMENTS.get(name, name)
        if name not in known or name == "momentum":  # which is the other share elsewhere
            return ""
        written.append(f"{name}={argument.value.span.text}")
    return " ".join(" ".join(written).split())


def _stands_alone(word: str) -> bool:
    """Whether a layer needs no argument."""
    cls = LAYERS[word]
    if any(parameter.required for parameter in parameters(cls).values()):
        return False
    try:
        made(cls, {}, 2).check()
    except OpError:
        return False
    return True


def _plain(word: str) -> str:
    """A word as the tables here have it."""
    return re.sub(r"[123]d$", "", word[:LONGEST_NAME].lower().replace("_", ""))


def foreign_hint(word: str) -> str:
    """What a word from another tool is called here; empty where nothing is known of it."""
    if len(word) > LONGEST_NAME:
        return ""
    plain = _plain(word)
    if plain in MEANT:
        return MEANT[plain]
    called = called_here(word)
    if called:
        return f"it is called `{called}` here"
    return _shipped(word) if word else ""


def called_here(word: str) -> str:
    """The layer of this language that another tool calls so; empty where none is known."""
    plain = _plain(word)
    return FOREIGN_WORDS.get(plain, plain if plain in LAYERS else "")


def _shipped(word: str) -> str:
    """Where the shipped library has a block of this name."""
    for name in shipped.names(shipped.STD):
        source = shipped.source(name)
        if source and re.search(rf"^block {re.escape(word)}\b", source.text, re.MULTILINE):
            return f"`use {name}` at the start of the file brings the block `{word}` in"
    return ""
