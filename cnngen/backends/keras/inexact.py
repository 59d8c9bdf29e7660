"""What Keras on TensorFlow works out less exactly than in float64."""

from __future__ import annotations

from cnngen.backends.inexact import Inexact, InexactOps, in_float32
from cnngen.ops import Gelu, LeakyRelu

WHY = "TensorFlow has its slope in float32"


def _leaky_relu(op: LeakyRelu) -> Inexact:
    off = abs(in_float32(op.slope) - op.slope)
    # The largest value is that of the largest input, or this times a slope above 1.
    return Inexact(off / max(op.slope, 1), off / max(op.slope, 1), WHY)


INEXACT: InexactOps = {
    Gelu: lambda _: Inexact(2e-10, 6e-9, "TensorFlow has a constant of it in float32"),
    LeakyRelu: _leaky_relu,
}
