"""What PyTorch works out less exactly than in float64."""

from __future__ import annotations

from cnngen.backends.inexact import Inexact, InexactOps, in_float32
from cnngen.ops import Celu, HardSigmoid, Softplus


def _celu(op: Celu) -> Inexact:
    at_zero = op.alpha / in_float32(op.alpha)  # the largest slope, which is 1
    return Inexact(0, abs(at_zero - 1), "PyTorch has alpha in float32 for its derivative")


def _hard_sigmoid(op: HardSigmoid) -> Inexact:
    off = 3e-8 if op.slope is None else 0
    return Inexact(0, off, "PyTorch has its slope of 1/6 in float32")


INEXACT: InexactOps = {
    Celu: _celu,
    HardSigmoid: _hard_sigmoid,
    Softplus: lambda _: Inexact(
        1e-10, 2.1e-9, "PyTorch gives x itself above 20, where exp(-20) is 2e-9"
    ),
}
