"""Activations. All keep their input's shape but `glu`; all but `prelu` are without weights."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.expressions import Expression, operation
from cnngen.ops import kinds
from cnngen.ops.base import Axis, Op, OpError, Weight, feature_axis, op, param, window_axes
from cnngen.ops.shapes import Map, Shape, Vector


class Activation(Op):
    """An activation: element by element, or across the channels of one position."""


@op("relu")
class Relu(Activation):
    """max(x, 0); with a ceiling, min(max(x, 0), max).

    The ceiling of 6 has a name of its own, `relu6`.
    """

    never_negative = True
    is_idempotent = True
    has_kink = True
    may_overwrite = True

    max: float | None = param(
        "ceiling of the values; none if not given", kinds.real(0, open_end=True), None
    )


@op("relu6")
class Relu6(Activation):
    """min(max(x, 0), 6) (Howard et al., 2017)."""

    never_negative = True
    is_idempotent = True
    has_kink = True
    may_overwrite = True


@op("leaky_relu")
class LeakyRelu(Activation):
    """x where x > 0, else slope x (Maas et al., 2013)."""

    has_kink = True

    slope: float = param("factor of negative values", kinds.any_real(), 0.01, positional=True)


@op("prelu")
class PRelu(Activation):
    """x where x > 0, else slope x with learned slopes (He et al., 2015, eq. 1).

    There is a slope for each channel, for each cell of the map, or one for the whole layer.
    Slopes start at 0.25.
    """

    has_kink = True

    per: str = param(
        "what has a slope of its own: each `channel`, each `cell` of a map, or the `layer`",
        kinds.word("channel", "cell", "layer"),
        "channel",
    )

    @property
    def reads_sizes(self) -> bool:
        return self.per == "cell"

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        if self.per == "layer":
            return (Weight("slope", (Axis("layer", 1),)),)
        cells = window_axes(x.sizes) if self.per == "cell" and isinstance(x, Map) else ()
        return (Weight("slope", (*cells, feature_axis(x))),)


@op("elu")
class Elu(Activation):
    """x where x > 0, else alpha (exp(x) - 1) (Clevert et al., 2016)."""

    has_kink = True

    alpha: float = param(
        "minus the limit for very negative values", kinds.real(0), 1.0, positional=True
    )


@op("selu")
class Selu(Activation):
    """l x where x > 0, else l a (exp(x) - 1) (Klambauer et al., 2017, equation 2).

    l = 1.0507... and a = 1.6732... keep a mean of 0 and a variance of 1.
    """

    has_kink = True


@op("celu")
class Celu(Activation):
    """x where x > 0, else alpha (exp(x / alpha) - 1) (Barron, 2017, equation 2)."""

    alpha: float = param(
        "minus the limit for very negative values",
        kinds.real(*kinds.DIVISORS),
        1.0,
        positional=True,
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

    never_negative = True


@op("log_sigmoid")
class LogSigmoid(Activation):
    """The logarithm of the sigmoid, -log(1 + exp(-x))."""


@op("hard_sigmoid")
class HardSigmoid(Activation):
    """min(max(slope x + 1/2, 0), 1).

    The slope is 1/6 if not given: min(max(x + 3, 0), 6) / 6 (Howard et al., 2019, section 5.2).
    Keras 2 had 0.2, binary networks have 0.5 (Courbariaux et al., 2016, equation 3).
    """

    never_negative = True
    has_kink = True

    slope: float | None = param(
        "slope between 0 and 1; 1/6 if not given", kinds.real(0, open_end=True), None
    )


@op("hard_swish")
class HardSwish(Activation):
    """x hard_sigmoid(x) (Howard et al., 2019, section 5.2)."""

    has_kink = True
    may_overwrite = True


@op("abs")
class Abs(Activation):
    """|x|: of a difference, how far two values are apart (Koch et al., 2015, section 3.1)."""

    never_negative = True
    is_idempotent = True
    has_kink = True
    keeps_output = False


@op("tanh")
class Tanh(Activation):
    """The hyperbolic tangent."""


@op("hard_tanh")
class HardTanh(Activation):
    """min(max(x, -1), 1) (Collobert, 2004, section 6.3)."""

    is_idempotent = True
    has_kink = True
    may_overwrite = True


@op("softsign")
class Softsign(Activation):
    """x / (1 + |x|) (Glorot & Bengio, 2010, section 4.1)."""


@op("softmax")
class Softmax(Activation):
    """exp(x) over its sum across the channels or features.

    For training, losses of both frameworks expect the values before it (logits).
    """

    never_negative = True


@op("log_softmax")
class LogSoftmax(Activation):
    """The logarithm of softmax."""


@op("softplus")
class Softplus(Activation):
    """log(1 + exp(x))."""

    never_negative = True


@op("glu")
class Glu(Activation):
    """Half of the channels, times the sigmoid of the other half (Dauphin et al., 2017, section 2).

    HxWxC -> HxWx(C / 2), the same for vectors: channel i times the sigmoid of channel C / 2 + i.
    """

    reads_order = True
    keeps_output = False

    def out_channels(self, channels: Expression) -> Expression:
        return operation("//", channels, 2)

    def infer(self, x: Shape) -> Shape:
        half, left = divmod(x.channels, 2)
        if left:
            raise OpError(
                codes.DOES_NOT_DIVIDE,
                f"`glu` halves the channels, but {x.channels} cannot be halved",
                hint=f"the layer before it has to give an even number, such as {x.channels + 1}",
            )
        return x._replace(channels=half) if isinstance(x, Map) else Vector(half)
