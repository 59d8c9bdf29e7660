"""What other tools call our layers and arguments: hints for those who come from there."""

from __future__ import annotations

import re

from cnngen.ops import LAYERS

FOREIGN_WORDS = {
    "adaptiveavgpool": "avgpool adaptive=HxW",
    "adaptivemaxpool": "maxpool adaptive=HxW",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "concatenate": "concat",
    "convolution": "conv",
    "convtranspose": "conv_transpose",
    "deconv": "conv_transpose",
    "depthwise": "depthwise_conv",
    "depthwiseconv": "depthwise_conv",
    "dwconv": "depthwise_conv",
    "fc": "dense",
    "fullyconnected": "dense",
    "gap": "avgpool global",
    "globalaveragepooling": "avgpool global",
    "globalavgpool": "avgpool global",
    "globalmaxpool": "maxpool global",
    "globalmaxpooling": "maxpool global",
    "groupnormalization": "groupnorm",
    "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_swish",
    "layernormalization": "layernorm",
    "leakyrelu": "leaky_relu",
    "linear": "dense",
    "localresponsenorm": "lrn",
    "logsoftmax": "log_softmax",
    "maxpooling": "maxpool",
    "pool": "maxpool",
    "sequential": "{ ... }",
    "squeezeexcitation": "gate { ... }",
    "separableconv": "depthwise_conv 3x3, conv N 1x1",
    "swish": "silu",
    "upsample": "conv_transpose",
    "upsampling": "conv_transpose",
    "view": "flatten",
}
"""What other tools call our layers, in lower case, without ``_`` and without ``2d``."""

FOREIGN_ARGUMENTS = {
    "padding": "pad",
    "strides": "stride",
    "kernel_size": "kernel",
    "pool_size": "kernel",
    "size": "kernel",
    "filters": "channels",
    "out_channels": "channels",
    "use_bias": "bias",
    "dilation_rate": "dilation",
    "epsilon": "eps",
    "ceil_mode": "ceil",
    "count_include_pad": "count_pad",
    "p": "rate",
    "depth_multiplier": "multiplier",
    "out_features": "units",
    "features": "units",
}
"""What the frameworks call our arguments."""


def foreign_hint(word: str) -> str:
    """What a word from another tool is called here; empty where nothing is known of it."""
    plain = re.sub(r"[123]d$", "", word.lower().replace("_", ""))
    if plain in FOREIGN_WORDS:
        return f"it is called `{FOREIGN_WORDS[plain]}` here"
    if plain in LAYERS:
        return f"it is called `{plain}` here"
    return ""
