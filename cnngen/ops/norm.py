"""Normalisation."""

from __future__ import annotations

from cnngen.ops import kinds
from cnngen.ops.base import Op, Weight, check_groups, feature_axis, need_map, op, param
from cnngen.ops.shapes import Map, Shape

EPS = "added to the variance"
AFFINE = "whether a scale and a shift per channel are learned"
ONE_OF_BOTH = f"{AFFINE}, or one of the two alone"
WIDEST_SUM = 2**16
"""Channels that `lrn` sums over: targets pad by as many, whatever the number of channels is."""
POSITIVE = kinds.real(0, open_end=True)


def _scale_and_shift(x: Shape, affine: bool | str) -> tuple[Weight, ...]:
    axis = (feature_axis(x),)
    if affine is True:
        return (Weight("scale", axis), Weight("shift", axis))
    return (Weight(affine, axis),) if affine else ()


@op("bn")
class BatchNorm(Op):
    """Batch normalisation, per channel or feature (Ioffe & Szegedy, 2015, algorithm 1).

    Shape unchanged. In training the batch's statistics are used, in evaluation the running ones.
    """

    keeps_output = False
    eps: float = param(EPS, POSITIVE, 1e-5)
    momentum: float = param(
        "share of the new batch in the running statistics", kinds.real(0, 1), 0.1
    )
    affine: bool | str = param(ONE_OF_BOTH, kinds.switch("scale", "shift"), True)
    zero_scale: bool = False
    """Set where the scale starts at zero (Goyal et al., 2017, section 5.1)."""

    @property
    def has_scale(self) -> bool:
        """Whether it surely has a scale."""
        return self.affine is True or self.affine == "scale"

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        axis = (feature_axis(x),)
        statistics = (Weight("mean", axis, False), Weight("variance", axis, False))
        return (*_scale_and_shift(x, self.affine), *statistics)


@op("layernorm")
class LayerNorm(Op):
    """Layer normalisation over the channels of each position, or over all features.

    Shape unchanged (Ba et al., 2016, section 3).
    """

    eps: float = param(EPS, POSITIVE, 1e-5)
    affine: bool | str = param(ONE_OF_BOTH, kinds.switch("scale", "shift"), True)

    def values_per_mean(self, x: Shape) -> int:
        return x.channels

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(x, self.affine)


@op("groupnorm")
class GroupNorm(Op):
    """Group normalisation: over all positions and each group of neighbouring channels.

    Shape unchanged (Wu & He, 2018, section 3).
    """

    reads_order = True
    keeps_output = False
    groups: int = param("groups of channels", kinds.whole(), positional=True)
    eps: float = param(EPS, POSITIVE, 1e-5)
    affine: bool = param(AFFINE, kinds.switch(), True)

    def infer(self, x: Shape) -> Shape:
        check_groups(self.groups, x)
        return x

    def values_per_mean(self, x: Shape) -> int:
        return x.elements // self.groups

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(x, self.affine)


@op("instancenorm")
class InstanceNorm(Op):
    """Instance normalisation: each channel of a map over all its positions.

    Shape unchanged (Ulyanov et al., 2016, equation 2): a group norm with as many groups as there
    are channels. Scale and shift are learned unless `affine=false`, which is torch's default.
    """

    keeps_output = False
    eps: float = param(EPS, POSITIVE, 1e-5)
    affine: bool = param(AFFINE, kinds.switch(), True)

    @property
    def needs_map(self) -> bool:
        return True

    def infer(self, x: Shape) -> Map:
        return need_map(x, self.word)

    def values_per_mean(self, x: Shape) -> int:
        return x.elements // x.channels

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(x, self.affine)


@op("rmsnorm")
class RmsNorm(Op):
    """The channels of each position, or all features, over the root of their mean square.

    Shape unchanged (Zhang & Sennrich, 2019, equation 4); a scale per channel is learned.
    """

    eps: float = param("added to the mean square", POSITIVE, 1e-6)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(x, "scale")


@op("grn")
class GlobalResponseNorm(Op):
    """Global response normalisation (Woo et al., 2023, section 3 and algorithm 1).

    Shape unchanged. y = scale x n + shift + x, where n is the root of the sum of a channel's
    squares over all positions, divided by the mean of these roots plus `eps`. Scale and shift are
    learned from zero on.
    """

    keeps_output = False
    eps: float = param("added to the mean", POSITIVE, 1e-6)

    @property
    def needs_map(self) -> bool:
        return True

    def infer(self, x: Shape) -> Map:
        return need_map(x, self.word)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(x, True)


@op("lrn")
class LocalResponseNorm(Op):
    """Local response normalisation across channels (Krizhevsky et al., 2012, section 3.3).

    Shape unchanged. y = x / (k + alpha * sum of squares over `size` neighbouring channels)^beta,
    with the paper's alpha, which multiplies the plain sum.
    """

    size: int = param(
        "neighbouring channels in the sum", kinds.whole(maximum=WIDEST_SUM), 5, positional=True
    )
    alpha: float = param("factor of the sum", kinds.real(0), 1e-4)
    beta: float = param("exponent", kinds.real(0), 0.75)
    k: float = param("constant under the exponent", POSITIVE, 2.0)

    @property
    def needs_map(self) -> bool:
        return True

    def infer(self, x: Shape) -> Map:
        return need_map(x, self.word)
