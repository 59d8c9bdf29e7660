"""What the layers are tested with: every layer, many arguments, sizes of all parities."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A chain of layers on an input; ``scale`` is the input's standard deviation."""

    input: str
    chain: str
    scale: float = 1.0

    @property
    def text(self) -> str:
        """The source."""
        return f"network Case {{\n    input {self.input}\n    {self.chain}\n}}\n"

    @property
    def kind(self) -> tuple[str, int]:
        """What it tests: the chain on so many axes, whatever the sizes are."""
        return self.chain, self.input.count("x")

    def __str__(self) -> str:
        return f"{self.input} {self.chain}"


def _on(sizes: str, chains: str, scale: float = 1.0) -> list[Case]:
    """Each chain, one a line, on each of the input sizes."""
    return [
        Case(size, chain.strip(), scale)
        for chain in chains.splitlines()
        if chain.strip()
        for size in sizes.split()
    ]


WIDE = 30.0
"""Inputs in an activation's tails."""

FAR = 1000.0
"""Inputs where an exponential overflows."""

CONV = (
    _on(
        "9x8x4 7x12x4",
        """
    conv 6 1x1
    conv 6 2x2
    conv 6 3x3
    conv 6 4x3 bias=false
    conv 6 3x3 pad=1
    conv 6 3x3 pad=2
    conv 6 2x2 pad=1
    conv 6 1x7 pad=0x3
    conv 6 7x1 pad=3x0
    conv 6 5x3 pad=2x1
    conv 6 5x3 pad=1x2 stride=2
    conv 6 1x1 pad=1
    conv 6 2x2 pad=3
    conv 6 3x3 stride=2
    conv 6 3x3 stride=2 pad=1
    conv 6 2x2 stride=3
    conv 6 3x3 stride=3 pad=1
    conv 6 3x3 stride=4 pad=2
    conv 6 4x4 stride=4
    conv 6 1x1 stride=2
    conv 6 3x3 stride=2x1 pad=1
    conv 6 3x2 stride=1x3
    conv 6 1x1 pad=same
    conv 6 2x2 pad=same
    conv 6 3x3 pad=same
    conv 6 4x5 pad=same
    conv 6 6x6 pad=same
    conv 6 1x1 stride=2 pad=same
    conv 6 2x2 stride=2 pad=same
    conv 6 3x3 stride=2 pad=same
    conv 6 4x3 stride=2 pad=same
    conv 6 5x5 stride=3 pad=same
    conv 6 3x3 stride=4 pad=same
    conv 6 7x7 stride=4 pad=same
    conv 6 3x3 stride=2x1 pad=same
    conv 6 3x4 stride=1x3 pad=same
    conv 6 3x3 dilation=2
    conv 6 2x3 dilation=3x2
    conv 6 3x3 dilation=2 pad=2
    conv 6 3x3 dilation=2 pad=1
    conv 6 3x3 dilation=2 pad=same
    conv 6 2x4 dilation=2x1 pad=same
    conv 6 3x3 dilation=2 stride=2
    conv 6 3x3 dilation=2 stride=2 pad=2
    conv 6 3x3 dilation=2 stride=3 pad=same
    conv 6 2x3 dilation=3x2 stride=2 pad=same
    conv 6 3x3 dilation=1x2 stride=2x1 pad=1
    conv 6 3x3 dilation=2 stride=2 pad=1 bias=false
    conv 6 3x3 groups=2
    conv 8 3x3 groups=4 pad=1 stride=2
    conv 6 3x3 groups=2 pad=same stride=2
    conv 4 2x2 groups=4 bias=false
    conv 8 3x3 groups=2 dilation=2 pad=2
    conv 8 3x3 groups=4 dilation=2 stride=2 pad=same
    depthwise_conv 3x3
    depthwise_conv 3x3 pad=1
    depthwise_conv 2x2 pad=1 bias=false
    depthwise_conv 3x3 stride=2 pad=1
    depthwise_conv 5x3 stride=3 pad=2x1
    depthwise_conv 3x3 multiplier=2
    depthwise_conv 3x3 multiplier=3 stride=2 pad=same
    depthwise_conv 2x4 stride=4 pad=same
    depthwise_conv 4x2 pad=same
    depthwise_conv 3x3 stride=2x1 pad=1
    depthwise_conv 3x3 stride=1x2 pad=same multiplier=2
    depthwise_conv 3x3 dilation=2
    depthwise_conv 3x3 dilation=2 pad=same multiplier=2
    depthwise_conv 3x3 dilation=2 stride=2 pad=2
    depthwise_conv 2x3 dilation=3x2 stride=2 pad=same
    depthwise_conv 3x3 dilation=2 stride=2x3 pad=same multiplier=2
    conv 6 3x3 pad=1 pad_mode=reflect
    conv 6 4x2 pad=3x1 pad_mode=replicate stride=2
    conv 6 3x3 pad=2 pad_mode=reflect dilation=2 stride=2 groups=2
    conv 6 1x1 pad_mode=reflect
    depthwise_conv 3x3 pad=1x2 pad_mode=replicate multiplier=2
    separable_conv 6 3x3 pad=1 pad_mode=reflect stride=2
    ws_conv 6 3x3 pad=1 pad_mode=reflect
    ws_conv 6 3x3
    ws_conv 6 3x2 pad=1 bias=false eps=0.1
    ws_conv 6 3x3 stride=2 pad=same
    ws_conv 8 2x3 groups=2 stride=2 pad=same eps=0.001
    ws_conv 6 3x3 dilation=2 stride=2 pad=same, bn
    separable_conv 6 3x3
    separable_conv 6 3x2 pad=1 bias=false
    separable_conv 6 3x3 stride=2 pad=1 multiplier=2
    separable_conv 6 2x3 stride=3 pad=same, bn
    separable_conv 6 1x1 pad=same
    separable_conv 6 3x3 dilation=2 pad=same multiplier=2
    separable_conv 6 3x3 dilation=1x2 stride=2 pad=2
    separable_conv 6 2x3 dilation=2 stride=2 pad=same
    """,
    )
    + _on(
        "35x30x3 28x39x3",
        """
    conv 8 11x11 stride=4 pad=2
    conv 8 11x11 stride=4 pad=same
    conv 8 7x7 stride=2 pad=3
    conv 8 12x9 stride=3x4 pad=1x4
    """,
    )
    + _on("1x1x4 1x5x1 4x1x3", "conv 5 3x3 pad=1\nconv 5 3x3 stride=2 pad=same")
)

CONV_TRANSPOSE = _on(
    "5x4x4 3x6x4",
    """
    conv_transpose 6 3x3
    conv_transpose 6 2x2 stride=2
    conv_transpose 6 2x2 stride=2 bias=false
    conv_transpose 6 4x4 stride=2 pad=1
    conv_transpose 6 3x3 stride=2 pad=1
    conv_transpose 6 3x3 stride=2 pad=1 output_pad=1
    conv_transpose 6 5x5 stride=2 pad=2 output_pad=1
    conv_transpose 6 3x3 stride=1 pad=1
    conv_transpose 6 3x5 stride=2x3 pad=1x2 output_pad=1x2
    conv_transpose 6 3x5 stride=3x2 pad=0x2 output_pad=2x0
    conv_transpose 6 2x2 stride=3
    conv_transpose 6 1x1 stride=2
    conv_transpose 6 1x1 stride=2 output_pad=1
    conv_transpose 6 2x2 stride=4 output_pad=3
    conv_transpose 6 2x3 stride=4x3 output_pad=2x1
    conv_transpose 6 2x2 stride=4 pad=1 output_pad=3
    conv_transpose 6 4x3 stride=1x2 pad=2x1
    conv_transpose 6 2x1 stride=1x2
    conv_transpose 6 3x3 pad=same
    conv_transpose 6 4x2 pad=same bias=false
    conv_transpose 6 2x2 stride=2 pad=same
    conv_transpose 6 3x3 stride=2 pad=same
    conv_transpose 6 4x5 stride=2 pad=same
    conv_transpose 6 5x4 stride=2x3 pad=same
    conv_transpose 6 1x2 stride=3 pad=same
    conv_transpose 6 2x6 stride=4x3 pad=same
    """,
)

TORCH_ONLY = _on(
    "5x4x4 3x6x4",
    """
    conv_transpose 6 3x3 groups=2
    conv_transpose 6 3x4 stride=2 groups=2 pad=same
    conv_transpose 8 3x4 stride=2 pad=1 output_pad=1 groups=4
    conv_transpose 4 2x2 stride=3 groups=4 bias=false
    conv_transpose 6 3x3 dilation=2
    conv_transpose 6 3x2 stride=2x3 dilation=2x1 pad=1x0 output_pad=1x2
    conv_transpose 6 3x3 stride=2 dilation=2 pad=same groups=2
    conv_transpose 6 2x2 stride=3 dilation=2x1 pad=same
    leaky_relu slope=-0.5
    gaussian_noise 2
    separable_conv 6 3x3 stride=2x1 pad=1
    """,
) + _on(
    "6x7x5x4",
    """
    separable_conv 6 3 stride=1x2x2 pad=1 multiplier=2
    separable_conv 6 2 pad=same, bn
    avgpool 3 stride=2 pad=1 count_pad=false
    avgpool 2x3x2 stride=2 pad=same
    avgpool 3 stride=2 ceil=true
    """,
)
"""What Keras has no form for, and a diagnostic says so."""

_WINDOWS = """
    {pool} 2x2
    {pool} 3x2
    {pool} 2x2 stride=1
    {pool} 3x3 stride=2
    {pool} 3x3 stride=1x2
    {pool} 2x2 stride=3
    {pool} 1x1 stride=2
    {pool} 3x3 stride=2 pad=1
    {pool} 3x3 stride=1 pad=1
    {pool} 5x3 stride=1 pad=2x1
    {pool} 2x2 pad=1
    {pool} 2x2 stride=1 pad=1
    {pool} 4x3 stride=3 pad=2x0
    {pool} 4x4 stride=2 pad=1
    {pool} 3x3 pad=0x1
    {pool} 2x2 pad=same
    {pool} 2x2 stride=1 pad=same
    {pool} 3x3 stride=1 pad=same
    {pool} 3x3 stride=2 pad=same
    {pool} 4x5 stride=3 pad=same
    {pool} 2x3 stride=4 pad=same
    {pool} 3x2 stride=1x2 pad=same
    {pool} 1x1 stride=3 pad=same
    {pool} 1x1 pad=same
    {pool} 2x2 ceil=true
    {pool} 3x3 stride=2 ceil=true
    {pool} 3x3 stride=2 pad=1 ceil=true
    {pool} 2x2 stride=3 ceil=true
    {pool} 2x2 stride=3 pad=1 ceil=true
    {pool} 3x3 stride=4 pad=1 ceil=true
    {pool} 4x3 stride=3x2 pad=2x1 ceil=true
    {pool} 5x5 stride=4 pad=2 ceil=true
    {pool} global
    {pool} adaptive=1
    {pool} adaptive=2
    {pool} adaptive=3x5
    {pool} adaptive=7x6
    {pool} adaptive=8x9
    {pool} adaptive=10x13
    {pool} adaptive=1x4
    {pool} adaptive=4x1
    {pool} adaptive=1x3
"""

POOL = (
    _on("8x9x3 7x6x3", _WINDOWS.format(pool="maxpool"))
    + _on("8x9x3 7x6x3", _WINDOWS.format(pool="avgpool"))
    + _on(
        "8x9x3 7x6x3",
        """
        maxpool 2x2 dilation=2
        maxpool 3x2 stride=1 dilation=2x3
        maxpool 3x3 stride=2 pad=1 dilation=2
        maxpool 3x3 stride=1 pad=1 dilation=3x1
        maxpool 2x2 pad=1 dilation=2 ceil=true
        maxpool 3x2 stride=3x2 dilation=2 ceil=true
        maxpool 3x3 stride=2 pad=1x0 dilation=2 ceil=true
        maxpool 3x3 stride=1 pad=same dilation=2
        maxpool 2x3 stride=2 pad=same dilation=2
        maxpool 2x2 stride=1 pad=same dilation=3
        maxpool 1x1 stride=2 dilation=2
        relu, maxpool 3x3 stride=2 pad=1 dilation=2
        blurpool
        blurpool 1x2 stride=3
        blurpool 4 stride=2x1
        blurpool 5x3 stride=1, relu
        blurpool 11
        avgpool 2x2 count_pad=false
        avgpool 3x3 stride=1 pad=1 count_pad=false
        avgpool 3x3 stride=2 pad=1 count_pad=false
        avgpool 2x2 stride=1 pad=1 count_pad=false
        avgpool 4x3 stride=3 pad=2x0 count_pad=false
        avgpool 2x2 pad=same count_pad=false
        avgpool 3x3 stride=1 pad=same count_pad=false
        avgpool 3x3 stride=2 pad=same count_pad=false
        avgpool 4x5 stride=3 pad=same count_pad=false
        avgpool 2x2 stride=1 pad=same count_pad=false
        avgpool 3x2 stride=2 pad=same count_pad=false
        avgpool 3x3 stride=2 ceil=true count_pad=false
        avgpool 3x3 stride=2 pad=1 ceil=true count_pad=false
        avgpool 2x2 stride=3 pad=1 ceil=true count_pad=false
        avgpool 4x3 stride=3x2 pad=2x1 ceil=true count_pad=false
        avgpool global count_pad=false
        avgpool adaptive=3x2 count_pad=false
        """,
    )
    + _on(
        "1x1x5 1x4x2",
        """
        maxpool global
        avgpool global
        maxpool adaptive=2x3
        avgpool adaptive=2x3
        maxpool 3x3 stride=2 pad=1
        avgpool 3x3 pad=same
        """,
    )
)  # fmt: skip

NORM = _on(
    "6x5x6 3x4x6",
    """
    bn
    bn eps=0.001
    bn affine=false
    bn eps=0.01 momentum=0.01 affine=false
    bn momentum=0
    bn momentum=1
    layernorm
    layernorm eps=0.1
    layernorm affine=false
    layernorm eps=0.000001 affine=false
    groupnorm 1
    groupnorm 2
    groupnorm 3 eps=0.001
    groupnorm 6
    groupnorm 3 affine=false
    bn affine=scale
    bn affine=shift eps=0.01
    layernorm affine=scale
    layernorm affine=shift
    instancenorm
    instancenorm eps=0.01
    instancenorm affine=false
    rmsnorm
    rmsnorm eps=0.1
    grn
    grn eps=0.1
    relu, grn
    lrn
    lrn 5 alpha=0.01
    lrn 3 alpha=0.5 beta=0.5 k=1
    lrn 4 alpha=0.2
    lrn 2 alpha=0.2 beta=0.75 k=1.5
    lrn 1 alpha=0.3
    lrn 9 alpha=0.3
    lrn 12 alpha=0.3 beta=1
    lrn 30 alpha=0.1
    lrn 3 alpha=0 beta=0
    """,
) + _on(
    "12",
    """
    bn
    bn affine=false eps=0.001
    bn affine=shift
    bn affine=scale
    layernorm affine=shift
    layernorm affine=scale
    rmsnorm
    rmsnorm eps=0.01
    layernorm
    layernorm eps=0.001 affine=false
    groupnorm 3
    groupnorm 4 affine=false
    """,
)

_ACTIVATIONS = """
    relu
    relu max=1.5
    relu max=0.7
    relu6
    leaky_relu
    leaky_relu 0
    leaky_relu 1.5
    prelu
    prelu per=layer
    prelu per=cell
    elu
    elu 0
    elu 2.5
    selu
    celu
    celu 0.3
    celu alpha=2.5
    gelu
    gelu tanh
    silu
    mish
    sigmoid
    log_sigmoid
    hard_sigmoid
    hard_sigmoid slope=0.2
    hard_swish
    abs
    tanh
    hard_tanh
    softsign
    softmax
    log_softmax
    softplus
    glu
"""

ACTIVATION = (
    _on("6x5x4 10", _ACTIVATIONS, scale=3.0)
    + _on("6x5x4 10", _ACTIVATIONS, scale=WIDE)
    + _on("6x5x4 10", _ACTIVATIONS, scale=FAR)
)  # fmt: skip

BASIC = (
    _on(
        "3x4x5 2x2x3 1x1x6 4x3x1",
        """
        flatten
        flatten, dense 7
        flatten, dense 7 bias=false
        flatten, flatten, dense 7
        flatten, relu, dropout 0.3, identity, dense 7
        flatten, bn, dense 7
        flatten, bn, relu
        flatten, prelu
        flatten, prelu, dense 7
        flatten, prelu per=layer, dense 7
        flatten, prelu per=cell, dense 7
        bn, prelu per=cell, flatten
        flatten, layernorm, dense 7
        flatten, layernorm
        flatten, groupnorm 1, dense 7
        flatten, groupnorm 1
        flatten, softmax
        flatten, log_softmax, dense 7
        flatten, dense 8, groupnorm 2, dense 3
        flatten, dense 8, bn, prelu, layernorm, dense 3
        conv 4 2x1 pad=1, bn, flatten, groupnorm 2, dense 5, flatten, prelu
        conv 4 2x1 pad=1, relu, flatten, bn, dense 5, relu, flatten
        dropout 0
        dropout 0.9, flatten
        spatial_dropout 0.3
        spatial_dropout
        drop_path 0.3
        gaussian_dropout 0.3
        gaussian_noise 0.7
        residual { conv 3 1x1, bn, drop_path 0.2 }
        identity
        pad_channels 6
        pad_channels 9, flatten, dense 3
        """,
    )
    + _on(
        "3x4x6 2x2x4",
        """
        permute channels height width
        permute width channels height, relu
        permute width height channels, conv 3 2x2, bn, relu
        permute channels width height, flatten, dense 3
        permute height channels width, flatten
        conv 5 1x1, relu, permute height channels width, relu, conv 3 1x1
        permute channels height width, conv 4 1x1, silu, permute height channels width, avgpool 2x1
        permute width height channels, reshape 4x1 x height * width * channels / 4
        residual shortcut=none { permute channels height width, softmax }
        permute channels height width, relu, permute width height channels, relu6
        reshape height x 2 x width * channels / 2
        reshape channels x width * height, relu
        flatten, relu, reshape 2 x 2 x channels / 4, relu, conv 3 2x2
        flatten, dense 8, reshape 2x2x2, flatten, dense 3
        flatten, groupnorm 2, dense 7
        flatten, groupnorm 4
        flatten, glu, dense 7
        flatten, glu
        flatten, bn, groupnorm 2, prelu, dense 3
        """,
    )
    + _on(
        "10",
        """
        dense 4
        dense 4 bias=false
        flatten
        flatten, dense 4
        dropout
        drop_path 0.5
        gaussian_dropout 0.5
        gaussian_noise deviation=1
        identity
        pad_channels 10
        pad_channels 13
        pad_channels 13, dense 3
        reshape 5x2
        reshape 1x5x2, relu, conv 3 1x2
        reshape 5x1x2x1
        dense 24, bn, relu, reshape 2x3x4, relu, conv_transpose 3 2x2 stride=2
        dense 6, prelu, dense 3
        """,
    )
)

BORDER = _on(
    "5x6x3 4x7x2",
    """
    conv 4 3x3 stride=2 pad=0 pad_after=1
    conv 4 3x2 pad=1x0 pad_after=0x2 dilation=1x2
    conv 4 3x3 pad=2 pad_after=1x0 pad_mode=reflect
    conv 4 3x3 stride=2 dilation=2 pad=0x1 pad_after=3 pad_mode=replicate
    conv 4 3x3 pad=1 pad_after=1
    depthwise_conv 3x3 stride=2 pad=0 pad_after=1 multiplier=2
    depthwise_conv 3x3 stride=1x2 pad=0 pad_after=1
    separable_conv 4 3x3 stride=2 pad=0x1 pad_after=1, bn, relu
    ws_conv 4 3x3 stride=2 pad=0 pad_after=1x2 pad_mode=reflect
    maxpool 3x3 stride=2 pad=0 pad_after=1
    maxpool 2x3 stride=1 pad=1x2 pad_after=0
    maxpool 3x3 stride=2 pad=1 pad_mode=reflect
    maxpool 3x3 stride=1 pad=0 pad_after=1x2 pad_mode=replicate
    maxpool 2x2 stride=1 pad=0 pad_after=2 dilation=2
    maxpool 2x2 stride=2 pad=1 pad_after=1 dilation=2x1 pad_mode=reflect
    avgpool 3x3 stride=2 pad=0 pad_after=1
    avgpool 3x2 stride=1 pad=2x1 pad_after=0
    avgpool 3x3 stride=2 pad=1 pad_mode=reflect
    avgpool 3x3 stride=1 pad=1x0 pad_after=2 pad_mode=replicate
    avgpool 3x3 stride=2 pad_mode=reflect ceil=true
    avgpool 4x3 stride=4x3 pad_mode=replicate ceil=true
    maxpool 4x3 stride=4x3 pad_mode=reflect ceil=true
    residual { conv 3 3x3 stride=2 pad=0 pad_after=1, bn }
    pad 1
    pad 0
    pad 1x2
    pad 0 after=1
    pad 0x1 after=2x0
    pad 2 after=1x3
    pad 3 mode=reflect
    pad 1x2 mode=reflect
    pad 0x3 after=1x2 mode=reflect
    pad 2 after=0 mode=reflect
    pad 2 mode=replicate
    pad 9 mode=replicate
    pad 0x1 after=5x0 mode=replicate
    crop 1
    crop 0
    crop 1x2
    crop 0 after=1
    crop 1x2 after=2x3
    crop 2x0 after=0x3
    pad 1 mode=reflect, conv 4 3x3
    pad 0 after=1, conv 4 3x3 stride=2, bn, relu
    conv 4 2x2 pad=1, crop 1 after=0, relu
    """,
)

RESIZE = _on(
    "3x4x8 1x6x4",
    """
    resize 1
    resize 2
    resize 3x2
    resize 7
    resize to=5x7
    resize to=2x3
    resize to=1
    resize to=3x41
    resize to=1x82
    resize 2 mode=linear
    resize 1 mode=linear
    resize 3x5 mode=linear
    resize to=2x3 mode=linear
    resize to=7x9 mode=linear
    resize to=1 mode=linear
    resize 2 mode=cubic
    resize 3x5 mode=cubic
    resize to=7x9 mode=cubic
    resize to=2x3 mode=cubic
    resize to=1 mode=cubic
    resize 2, conv 4 3x3 pad=1, relu
    residual shortcut=none { resize 2 mode=linear, conv 5 2x2 }
    pixel_shuffle 2
    pixel_shuffle 1
    pixel_shuffle 2, conv 3 3x3 pad=1, relu, pixel_unshuffle 2
    resize 2x3, pixel_unshuffle 2
    resize 6, pixel_unshuffle 3, relu
    """,
) + _on("1x2x9", "pixel_shuffle 3\nresize to=82 mode=linear\nresize to=82x94")

_ANY_AXES = """
    conv 6 1
    conv 6 3 pad=1
    conv 8 3 groups=4 pad=1 stride=2
    depthwise_conv 3 pad=1
    conv_transpose 6 3 stride=2 pad=1 output_pad=1
    conv_transpose 6 4 stride=2 pad=1
    maxpool 2
    maxpool 3 stride=2 pad=1
    maxpool global
    avgpool 3 stride=2 pad=1
    avgpool global
    bn, relu
    layernorm
    groupnorm 2
    lrn 3 alpha=0.1
    prelu
    softmax
    pad_channels 7
    conv 5 3 stride=2, flatten, dense 3
    conv 5 3 stride=2, flatten
    residual shortcut=pad { conv 7 3 pad=1 stride=2, bn }
    a: conv 2 1, conv 3 3 pad=1, concat a, conv 2 1, add a
    gate { avgpool global, conv 4 1, sigmoid }
    instancenorm
    rmsnorm
    grn
    bn affine=shift
    prelu per=layer
    prelu per=cell
    glu
    layer_scale start=0.5
    normalize mean=[1, 2, 3, 4] deviation=[1, 2, 3, 4]
    channel_mean
    channel_max
    channel_shuffle 2
    channel_slice 1 3
    blurpool
    blurpool 4 stride=3
    dense 5 per=position
    spatial_dropout, drop_path 0.2, scale 0.5
    crop 1
    a: conv 4 1, avgpool global, sigmoid, multiply a
"""
"""Chains on a map of four channels, whatever its axes are."""

ONE_AXIS = _on(
    "17x4 12x4",
    _ANY_AXES
    + """
    conv 6 5 stride=2 pad=1
    conv 6 4 stride=3 pad=same
    conv 6 3 dilation=2
    conv 6 3 dilation=2 stride=2 pad=same
    depthwise_conv 4 stride=2 pad=same multiplier=2
    depthwise_conv 3 dilation=2 stride=2 pad=2
    separable_conv 6 3 stride=2 pad=same multiplier=2
    ws_conv 6 4 stride=2 pad=same
    conv 6 3 pad=2 pad_mode=reflect
    conv 6 3 stride=2 pad=0 pad_after=1
    separable_conv 6 3 stride=2 pad=0 pad_after=1 pad_mode=reflect
    ws_conv 6 3 pad=0 pad_after=2
    maxpool 3 stride=2 pad=0 pad_after=1
    maxpool 3 stride=2 pad=1 pad_mode=replicate
    avgpool 3 stride=2 pad=0 pad_after=1
    avgpool 3 stride=2 pad=2 pad_after=1 pad_mode=reflect
    separable_conv 6 2 dilation=2 pad=1, bn
    conv_transpose 6 2 stride=3
    conv_transpose 6 2 stride=3 pad=same
    conv_transpose 6 5 stride=2 pad=same
    conv_transpose 6 4 stride=2 pad=same
    maxpool 3 stride=2 ceil=true
    maxpool 4 stride=3 pad=same
    maxpool 3 stride=2 pad=1 dilation=2 ceil=true
    maxpool 3 stride=1 pad=same dilation=3
    maxpool adaptive=5
    maxpool adaptive=1, conv 2 1
    avgpool 3
    avgpool 3 stride=2 pad=1 count_pad=false
    avgpool 3 stride=2 pad=1 ceil=true
    avgpool 4 stride=3 pad=same
    avgpool 4 stride=3 pad=same count_pad=false
    avgpool adaptive=5
    residual { conv 7 3 pad=1 stride=2, bn, relu, conv 7 3 pad=1, bn }, relu
    pad 2
    pad 0 after=1
    pad 2 mode=reflect
    pad 1 after=3 mode=replicate
    crop 2 after=0
    permute channels length
    permute channels length, dense 5 per=position, silu, permute channels length, relu
    resize 3
    resize to=41
    resize 2 mode=linear
    resize to=7 mode=linear
    """,
)
"""Maps of one axis."""

THREE_AXES = _on(
    "6x7x5x4",
    _ANY_AXES
    + """
    conv 6 3x1x2 stride=1x2x2 pad=1x0x1
    conv 6 2x3x4 stride=2 pad=same
    conv 6 2x3x2 pad=same
    conv 6 3x1x3 dilation=2x1x1
    ws_conv 6 2x1x3 stride=1x2x2 pad=same
    ws_conv 6 2 groups=2, groupnorm 3
    conv 6 2x3x1 pad=1x2x0 pad_mode=reflect
    conv 6 3 stride=2 pad=0 pad_after=1
    conv 6 1x3x2 stride=2 pad=0x1x0 pad_after=1 pad_mode=replicate
    depthwise_conv 3 stride=2 pad=0 pad_after=1x0x2
    ws_conv 6 3 pad=0 pad_after=1
    maxpool 3 stride=2 pad=0 pad_after=1
    maxpool 3x2x2 stride=1 pad=1 pad_after=0x1x0 pad_mode=reflect
    avgpool 3 stride=2 pad=0 pad_after=1
    avgpool 2 stride=1 pad=1 pad_mode=replicate
    depthwise_conv 3 pad=1 pad_mode=replicate
    conv 6 2 dilation=2 stride=2 pad=same
    depthwise_conv 2 stride=1x2x2 pad=same multiplier=2
    conv_transpose 6 1x2x2 stride=1x2x3
    conv_transpose 6 3x4x1 stride=2 pad=same
    conv_transpose 6 3 pad=same
    maxpool 1x2x2
    maxpool 3 stride=1 pad=1
    maxpool 2x3x3 stride=2 pad=0x1x1 ceil=true
    maxpool 2x3x2 stride=2 pad=same
    maxpool 2 stride=1x2x1 pad=1x0x1 dilation=2x3x2
    maxpool 2x3x2 stride=2 pad=same dilation=2
    maxpool adaptive=3x2x1
    avgpool 2
    avgpool 1x3x2 stride=2
    avgpool adaptive=3x2x4
    residual { conv 7 3 pad=1 stride=1x2x2, bn, relu, conv 7 3 pad=1, bn }, relu
    pad 1
    pad 1x0x2 after=0x1x1
    pad 1x2x0 mode=reflect
    pad 2 after=1 mode=reflect
    pad 2x0x1 after=1 mode=replicate
    crop 2x1x0 after=0x1x2
    permute channels depth height width
    permute width height depth channels, conv 3 2
    permute height channels depth width, relu, flatten, dense 3
    resize 2x1x3
    resize to=3x8x7
    resize 2x3x1 mode=linear
    resize to=3x8x7 mode=linear
    """,
)
"""Maps of three axes."""

SCALING = (
    _on(
        "4x3x2 6",
        """
        scale 0.17
        scale factor=-3
        offset 0.1
        offset constant=-0.7
        scale 0.1, offset 0.3, layer_scale
        layer_scale start=0.5
        layer_scale start=-1
        a: layer_scale start=0.5 bare=map
        a: layer_scale start=-2 bare=batch
        a: layer_scale start=0.3 bare=vector
        """,
    )
    + _on(
        "4x3x3 3",
        """
        normalize mean=[0.485, 0.456, 0.406] deviation=[0.229, 0.224, 0.225]
        normalize mean=[0, -1, 1e3] deviation=[1, 0.1, 30]
        """,
    )
    + _on(
        "2x1x2 1x2x2",
        """
        flatten, normalize mean=[0.1, 0.2, 0.3, 0.4] deviation=[1, 2, 3, 4]
        flatten, layer_scale, dense 3
        flatten, layer_scale
        flatten, a: layer_scale start=2 bare=map
        flatten, a: layer_scale bare=batch
        flatten, a: layer_scale bare=vector, dense 3
        flatten, scale 0.3, dense 3
        """,
    )
)

CHANNELS = (
    _on(
        "4x3x6 1x1x12", "channel_shuffle 1\nchannel_shuffle 2\nchannel_shuffle 3\nchannel_shuffle 6"
    )
    + _on("4x3x6 4x3x1 7", "channel_mean\nchannel_max")
    + _on(
        "4x3x6 3x2x8",
        """
        channel_slice 0 3
        channel_slice 2 3, conv 3 1x1, relu
        channel_slice channels / 2 channels, relu
        a: conv 6 1x1, channel_slice 0 3, relu, pad_channels 6, add a
        flatten, channel_slice 5 9
        flatten, dense 9, channel_slice 3 7, dense 2
        """,
    )
    + _on("4x3x6", "dense 5 per=position\ndense 5 per=position bias=false, flatten, dense 3")
    + _on("4x3x6", "dense 8 per=position, bn, relu, dense 2 per=position, flatten")
)

CASES = (
    CONV
    + CONV_TRANSPOSE
    + POOL
    + NORM
    + ACTIVATION
    + BASIC
    + BORDER
    + RESIZE
    + SCALING
    + CHANNELS
    + ONE_AXIS
    + THREE_AXES
)
"""What both targets can do."""

MOST_LAYERS = """
network Most(classes=7) {
    input 33x30x4
    stem: {
        conv 8 5x3 stride=2 pad=same, bn, prelu
        pool: maxpool 3x3 stride=2 pad=1 ceil=true
    }
    lrn 3 alpha=0.1
    repeat 2 {
        conv 8 3x3 pad=1 groups=2, bn affine=false, relu6
        depthwise_conv 3x3 pad=1 multiplier=2, groupnorm 4, silu
        conv 8 1x1, layernorm, mish, dropout 0.2
    }
    middle: {
        conv 12 3x3 dilation=2 stride=2 pad=2, instancenorm, elu 0.7, grn
        first: { conv_transpose 6 3x3 stride=2 pad=1 output_pad=1, hard_swish }
        avgpool 3x3 stride=2 pad=1 count_pad=false, softplus, rmsnorm, bn affine=shift
    }
    conv_transpose 10 2x2 stride=3, hard_sigmoid, identity
    hard_sigmoid slope=0.2, relu max=0.8, selu, celu 2, log_sigmoid, softsign, abs, prelu per=layer
    prelu per=cell
    conv 20 1x1, glu, hard_tanh
    scale 0.7, offset 0.1, layer_scale start=0.5, channel_shuffle 5, dense 13 per=position
    channel_slice 1 channels
    gate { concat {
        channel_mean
        channel_max
    }, conv 1 3x3 pad=1, sigmoid }
    pad 1 mode=reflect, pad 0 after=1 mode=replicate, crop 1 after=2
    resize 2 mode=linear, pixel_unshuffle 2, resize 2, pixel_shuffle 2
    resize 1x2 mode=cubic, crop 0x1
    maxpool 2x2 stride=4 dilation=2
    conv 3 1x1, normalize mean=[0, 0, 0.1] deviation=[1, 1, 2]
    maxpool 2x2 stride=2 pad=same
    blurpool 4x3 stride=1, avgpool 3x3 stride=2 pad=same, avgpool 2x2 stride=1 pad=1
    depthwise_conv 3x3 stride=2x1 pad=1, tanh, separable_conv 6 2x2 pad=same multiplier=2
    ws_conv 6 2x2 pad=same, groupnorm 3
    softmax
    avgpool adaptive=3x4, maxpool adaptive=2x3
    flatten, bn, prelu, dropout 0.5
    dense 11, layernorm, sigmoid
    dense classes bias=false, log_softmax
}
"""
"""All but the activations that Keras has in float32 only, and what it has not."""
