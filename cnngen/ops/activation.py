"""Activations. All keep their input's shape; all but prelu are without weights."""

from __future__ import annotations

from cnngen.ops import kinds
from cnngen.ops.base import Op, Weight, feature_axis, op, param
from cnngen.ops.shapes import Shape


class Activation(Op):
    """An activation: element by element, or across the channels of one position."""


@op("relu")
class Relu(Activation):
    """max(x, 0)."""

    has_kink = True
    may_overwrite = True


@op("relu6")
class Relu6(Activation):
    """min(max(x, 0), 6) (Howard et al., 2017)."""

    has_kink = True
    may_overwrite = True


@op("leaky_relu")
class LeakyRelu(Activation):
    """x where x > 0, else slope x (Maas et al., 2013)."""

    has_kink = True

    slope: float = param("factor of negative values", kinds.any_real(), 0.01, positional=True)


@op("prelu")
class PRelu(Activation):
    """x where x > 0, else slope x with a learned slope per channel (He et al., 2015, eq. 1).

    The slopes start at 0.25.
    """

    has_kink = True
    reads_channels = True

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return (Weight("slope", (feature_axis(x),)),)


@op("elu")
class Elu(Activation):
    """x where x > 0, else alpha (exp(x) - 1) (Clevert et al., 2016)."""

    has_kink = True

    alpha: float = param(
        "minus the limit for very negative values", kinds.real(0), 1.0, positional=True
    )


@op("gelu")
class Gelu(Activation):
    """x times the normal distribution function of x (Hendrycks & Gimpel, 2016).

    `exact`: 0.5 x (1 + erf(x / sqrt(2))); `tanh`: the paper's approximation.
    """

    form: str = param(
        "`exact` or the approximation by `tanh`",
        kinds.word("exact", "tanh"),
        "exact",
        positional=True,
    )


@op("silu")
class Silu(Activation):
    """x sigmoid(x), also called swish (Ramachandran et al., 2017)."""

    may_overwrite = True


@op("mish")
class Mish(Activation):
    """x tanh(softplus(x)) (Misra, 2019)."""


@op("sigmoid")
class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""


@op("hard_sigmoid")
class HardSigmoid(Activation):
    """min(max(x + 3, 0), 6) / 6 (Howard et al., 2019, section 5.2)."""

    has_kink = True


@op("hard_swish")
class HardSwish(Activation):
    """x hard_sigmoid(x) (Howard et al., 2019, section 5.2)."""

    has_kink = True
    may_overwrite = True


@op("tanh")
class Tanh(Activation):
    """The hyperbolic tangent."""


@op("softmax")
class Softmax(Activation):
    """exp(x) over its sum across the channels or features.

    For training, losses of both frameworks expect the values before it (logits).
    """


@op("log_softmax")
class LogSoftmax(Activation):
    """The logarithm of softmax."""


@op("softplus")
class Softplus(Activation):
    """log(1 + exp(x))."""
