"""What PyTorch works out less exactly than in float64."""

from __future__ import annotations

from cnngen.backends.inexact import Inexact, InexactOps
from cnngen.ops import HardSigmoid, Softplus

INEXACT: InexactOps = {
    HardSigmoid: lambda _: Inexact(0, 3e-8, "PyTorch has its slope of 1/6 in float32"),
    Softplus: lambda _: Inexact(
        1e-10, 2.1e-9, "PyTorch gives x itself above 20, where exp(-20) is 2e-9"
    ),
}
