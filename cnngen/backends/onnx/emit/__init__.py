"""What stands for each op: one family a file, like :mod:`cnngen.ops`."""

from cnngen.backends.onnx.emit import (
    activation,
    basic,
    border,
    channels,
    conv,
    noise,
    norm,
    pool,
    resize,
    scaling,
)
from cnngen.backends.onnx.place import TABLE

__all__ = [
    "TABLE",
    "activation",
    "basic",
    "border",
    "channels",
    "conv",
    "noise",
    "norm",
    "pool",
    "resize",
    "scaling",
]
