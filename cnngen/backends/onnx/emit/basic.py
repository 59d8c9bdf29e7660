"""Dense layers, and layers that only rearrange or pass on."""

from __future__ import annotations

from cnngen import ops
from cnngen.backends.onnx.emit.windows import with_channels
from cnngen.backends.onnx.place import TABLE, Place

BATCH = 0
"""In a shape that is asked for, the size that the input has."""


@TABLE.emits(ops.Dense)
def _dense(op: ops.Dense, at: Place, x: str) -> str:
    kernel = at.weight("kernel")
    if at.rank:  # the same at each position
        return at.node("Conv", x, kernel, *at.bias())
    return at.node("Gemm", x, kernel, *at.bias(), transB=1)


@TABLE.emits(ops.Flatten)
def _flatten(op: ops.Flatten, at: Place, x: str) -> str:
    return at.node("Flatten", x, axis=1) if at.rank else x


@TABLE.emits(ops.Identity)
def _identity(op: ops.Identity, at: Place, x: str) -> str:
    return x


@TABLE.emits(ops.PadChannels)
def _pad_channels(op: ops.PadChannels, at: Place, x: str) -> str:
    added = op.channels - at.channels
    if not added:
        return x
    return with_channels(at, x, added)


@TABLE.emits(ops.Permute)
def _permute(op: ops.Permute, at: Place, x: str) -> str:
    *positions, channels = (_axis(at, place) for place in op.places(at.rank))
    if channels != 1:  # the channels after it are so many as these positions
        at.settle()
    return at.node("Transpose", x, perm=[0, channels, *positions])


def _axis(at: Place, place: int) -> int:
    """The axis of a batch at a place among sizes and, last, channels."""
    return 1 if place == at.rank else 2 + place


@TABLE.emits(ops.Reshape)
def _reshape(op: ops.Reshape, at: Place, x: str) -> str:
    *sizes, channels = op.shape
    return at.node("Reshape", x, at.integers("shape", [BATCH, channels, *sizes]))
