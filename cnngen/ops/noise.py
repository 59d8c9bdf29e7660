"""Layers that draw at random in training. All keep their input's shape."""

from __future__ import annotations

from cnngen.ops import kinds
from cnngen.ops.base import Op, need_map, op, param
from cnngen.ops.shapes import Map, Shape

RATE = kinds.real(0, 1, open_end=True)


class Noise(Op):
    """The identity in evaluation."""

    draws = True


@op("dropout")
class Dropout(Noise):
    """Sets each value to zero with probability `rate` in training, scaling the others up.

    Shape unchanged; the identity in evaluation (Srivastava et al., 2014).
    """

    rate: float = param("probability of a zero", RATE, 0.5, positional=True)


@op("spatial_dropout")
class SpatialDropout(Noise):
    """Sets whole channels of a map to zero with probability `rate` in training.

    Shape unchanged; the others are divided by 1 - rate (Tompson et al., 2015, section 3.2). The
    identity in evaluation.
    """

    rate: float = param("probability of a channel of zeros", RATE, 0.5, positional=True)

    @property
    def needs_map(self) -> bool:
        return True

    def infer(self, x: Shape) -> Map:
        return need_map(x, self.word)


@op("drop_path")
class DropPath(Noise):
    """Stochastic depth: sets whole inputs of a batch to zero with probability `rate` in training.

    Shape unchanged; the others are divided by 1 - rate (Huang et al., 2016, section 3). It stands
    at the end of a residual's body, and is the identity in evaluation.
    """

    only_weighs = True

    rate: float = param("probability of an input of zeros", RATE, positional=True)


@op("gaussian_dropout")
class GaussianDropout(Noise):
    """Multiplies each value by a normal number of mean 1 in training.

    Its variance is that of dropout, rate / (1 - rate). Shape unchanged; the identity in evaluation
    (Srivastava et al., 2014, section 10).
    """

    rate: float = param("of the dropout with the same variance", RATE, positional=True)


@op("gaussian_noise")
class GaussianNoise(Noise):
    """Adds a normal number of mean 0 to each value in training.

    Shape unchanged; the identity in evaluation (Bishop, 1995).
    """

    deviation: float = param("standard deviation of what is added", kinds.real(0), positional=True)
