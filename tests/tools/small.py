"""The networks that the tools are given, small enough to be quick.

Subprocesses import this too, so no framework is imported here, nor anything of cnngen.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import numpy as np

SOURCE = """
network Small(classes=10) {
    input 16x16x3
    stem: { conv 8 3x3 pad=1, bn, relu }
    maxpool 3x3 stride=2 pad=1, lrn 3                           -> 8x8x8
    depthwise_conv 3x3 pad=1, bn, relu6
    conv 12 3x3 stride=2 pad=same, bn, gelu                     -> 4x4x12
    features: { conv1: conv 12 3x3 pad=1 groups=3, norm: groupnorm 4, silu }
    avgpool global, flatten                                     -> 12
    dropout 0.2, dense classes
}
"""

NETWORKS = ("Small",)
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
