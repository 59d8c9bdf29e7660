"""How weights start: distributions by name, the same in every target.

A kernel's fan is its values for one channel, times the channels: ``fan_in`` counts the cells of
the window times the input channels that a filter sees, ``fan_out`` the cells times the output
channels of all groups. For a transposed convolution it is the other way round: ``fan_in`` counts
the output channels of a group, ``fan_out`` the input channels. All this is as torch counts
(``_calculate_fan_in_and_fan_out``). ``fan_avg`` is the mean of both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MODES = ("fan_in", "fan_out")
DISTRIBUTIONS = ("normal", "uniform")

USUAL_DEVIATION = 0.02

DEVIATIONS = (1e-30, 1e30)
"""The least and the largest: with room for what is worked out with them in float32."""


class Initial(str):
    """How a layer's kernel starts; as text, it is what a source says: ``he(fan_out)``.

    - ``he``, ``xavier``, ``lecun``: around zero, with the variance ``scale`` / fan of ``mode``;
      ``distribution`` is ``normal``, which is not cut off, or ``uniform``.
    - ``truncated_normal``: a normal distribution of this ``deviation``, redrawn beyond two of it.
    - ``orthogonal``: rows or columns of the kernel, as a matrix of outputs by inputs and window,
      are orthonormal, and any such matrix is as likely (Saxe et al., 2014, section 3).
    - ``constant``: ``value`` everywhere; ``zeros`` and ``ones``.
    - ``torch`` and ``keras``: that framework's own default; ``default``: the own default of each
      target.

    Biases are zeros, but for ``torch`` and ``default``, which have biases of their own.
    """

    kind: str
    distribution: str
    mode: str
    deviation: float
    value: float

    def __new__(
        cls,
        kind: str,
        distribution: str = "normal",
        mode: str = "fan_in",
        deviation: float = USUAL_DEVIATION,
        value: float = 0.0,
    ) -> Initial:
        """An initialiser; its text has what differs from the usual, so that equals are equal."""
        given = [distribution] if distribution != "normal" else []
        given += [mode] if mode != "fan_in" else []
        given += [repr(deviation)] if deviation != USUAL_DEVIATION else []
        given += [repr(value)] if kind == "constant" else []
        made = super().__new__(cls, f"{kind}({', '.join(given)})" if given else kind)
        made.kind, made.distribution = kind, distribution
        made.mode = "fan_avg" if kind == "xavier" else mode
        made.deviation = deviation
        made.value = value
        return made

    @property
    def scale(self) -> float:
        """The variance times the fan."""
        return SCALES[self.kind]


SCALES = {"he": 2.0, "xavier": 1.0, "lecun": 1.0}
"""He et al., 2015, section 2.2; Glorot & Bengio, 2010, section 4.2; LeCun et al., 1998, 4.6."""

MODE_WORDS = (*DISTRIBUTIONS, *MODES)
"""What stands in the parentheses of ``he`` and ``lecun``."""

WORDS = (*SCALES, "truncated_normal", "orthogonal", "zeros", "ones", "torch", "keras", "default")
"""What ``init=`` takes as it stands."""

DEFAULT = Initial("default")


def _scaled(kind: str, modes: tuple[str, ...]) -> Callable[..., Initial]:
    """``he``, ``xavier`` or ``lecun``, with a distribution, one of ``modes``, or both."""
    names = dict.fromkeys(DISTRIBUTIONS, "distribution") | dict.fromkeys(modes, "mode")

    def function(*words: Any) -> Initial:
        given: dict[str, Any] = {names[word]: str(word) for word in words if word in names}
        if not words or len(given) < len(words):
            raise ValueError
        return Initial(kind, **given)

    return function


def _truncated_normal(deviation: Any) -> Initial:
    least, largest = DEVIATIONS
    if type(deviation) not in (int, float) or not least <= deviation <= largest:
        raise ValueError
    return Initial("truncated_normal", deviation=float(deviation))


def _constant(value: Any) -> Initial:
    if type(value) not in (int, float) or not abs(value) <= DEVIATIONS[1]:
        raise ValueError
    return Initial("constant", value=float(value))


CALLS: Mapping[str, Callable[..., Initial]] = {
    "he": _scaled("he", MODES),
    "xavier": _scaled("xavier", ()),
    "lecun": _scaled("lecun", MODES),
    "truncated_normal": _truncated_normal,
    "constant": _constant,
}
"""The initialisers that can be called, with words or a number in parentheses."""

USAGE = {
    "he": "`he`, `he(uniform)`, `he(fan_out)` or `he(uniform, fan_out)`",
    "xavier": "`xavier` or `xavier(uniform)`: its fan is always the mean of the two",
    "lecun": "`lecun`, `lecun(uniform)`, `lecun(fan_out)` or `lecun(uniform, fan_out)`",
    "truncated_normal": "`truncated_normal(deviation)`, with a number from 1e-30 to 1e30",
    "constant": "`constant(value)`, with a number from -1e30 to 1e30",
}
