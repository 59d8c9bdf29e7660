"""The networks that the tools are given, small enough to be quick.

Subprocesses import this too, so no framework is imported here, nor anything of cnngen.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import numpy as np

SOURCE = """
block conv_bn(width, size=3, stride=1) {
    conv width size pad=size // 2 stride=stride, bn, relu
}

block basic(width, stride=1) {
    residual shortcut_name=downsample {
        conv1: conv width 3x3 stride=stride pad=1, bn1: bn, relu1: relu
        conv2: conv width 3x3 pad=1, bn2: bn
    }
    relu2: relu
}

block head(classes) {
    pool: avgpool global, flat: flatten, fc: dense classes
}

network Small(classes=10) {
    input 16x16x3
    stem: conv_bn 8
    maxpool 3x3 stride=2 pad=1, lrn 3
    layer1: { basic 8, basic 12 stride=2 }
    inception {
        conv_bn 4 1
        conv_bn 4 1, conv_bn 6
        maxpool 3x3 stride=1 pad=1, conv_bn 2 1
    }
    gate { avgpool global, conv 12 1x1, sigmoid }
    head classes
}

network Headed(classes=10) {
    input 16x16x3
    conv_bn 8 stride=2
    aux aux1 weight=0.3 { head classes }
    basic 8
    dropout 0.2
    head classes
}

block convnext(width) {
    residual {
        depthwise_conv 3x3 pad=1, layernorm
        dense 2 * width per=position, gelu, dense width per=position, layer_scale start=0.1
    }
}

network Modern(classes=10) {
    input 16x16x3
    normalize mean=[0.485, 0.456, 0.406] deviation=[0.229, 0.224, 0.225]
    conv 8 4x4 stride=4, celu 0.5
    convnext 8
    channel_shuffle 2, scale 0.7, offset 0.1
    pad 1 mode=reflect, pad 1x0 after=0x2 mode=replicate, pad 1 after=0, crop 1 after=2, crop 1
    resize 2 mode=linear, pixel_unshuffle 2, resize 2, pixel_shuffle 2, resize to=5x4
    conv 8 1x1, resize to=4 mode=linear
    gate { concat {
        channel_mean
        channel_max
    }, conv 1 3x3 pad=1, hard_sigmoid slope=0.2 }
    instancenorm, rmsnorm, grn, bn affine=shift, layernorm affine=scale
    conv 8 1x1, prelu per=layer, glu, relu max=2
    ws_conv 8 3x3 pad=1, prelu per=cell, separable_conv 8 3x3 pad=1 pad_mode=reflect
    blurpool stride=1, resize 2 mode=cubic, blurpool, channel_slice 2 channels, reshape 4x12x2
    head classes
}
"""

NETWORKS = ("Small", "Headed", "Modern")
"""Names in the source; each takes inputs of one shape and gives logits."""

SHAPE = (16, 16, 3)
CLASSES = 10


def entry(name: str, target: str) -> Any:
    """The class or function of a network; its module is found as pickle finds it, by name."""
    return getattr(import_module(f"small_{target}"), name)


def batch(size: int) -> tuple[Any, Any]:
    """Inputs with maps' channels last, and labels; the same each time."""
    random = np.random.default_rng(size)
    x = random.normal(size=(size, *SHAPE)).astype("float32")
    return x, random.integers(CLASSES, size=size)


def channels_first(x: Any) -> Any:
    """Inputs as torch has them."""
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def free_of_cnngen() -> None:
    """Fail if cnngen was imported: what it generates has to do without."""
    assert not [name for name in sys.modules if name.partition(".")[0] == "cnngen"]
