"""How weights start: distributions by name, the same in every target.

Fans are counted as torch does (``_calculate_fan_in_and_fan_out``); ``fan_avg`` is the mean of both.
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

    ``kind`` is one of ``INITIALISERS``. Around zero, ``distribution`` is ``normal``, which is not
    cut off, or ``uniform``, with the variance ``scale`` / fan of ``mode``; ``truncated_normal`` has
    a ``deviation``, ``constant`` a ``value``.
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


FRAMEWORKS = "the default of the framework that is called so, in every target"

INITIALISERS = {
    "he": "around zero, with the variance 2 / fan_in, or 2 / fan_out (He et al., 2015, "
    "section 2.2)",
    "xavier": "around zero, with the variance 1 over the mean of both fans (Glorot & Bengio, 2010, "
    "section 4.2)",
    "lecun": "around zero, with the variance 1 / fan_in, or 1 / fan_out (LeCun et al., 1998, "
    "section 4.6)",
    "truncated_normal": "a normal distribution, redrawn beyond two deviations; 0.02 is usual",
    "orthogonal": "rows or columns of the kernel, as a matrix of outputs by inputs and window, are "
    "orthonormal, and any such matrix is as likely (Saxe et al., 2014, section 3)",
    "zeros": "zeros",
    "ones": "ones",
    "constant": "one value everywhere",
    "torch": FRAMEWORKS,
    "keras": FRAMEWORKS,
    "default": "each target's own default, which is what no `init=` means",
}
"""By its word, what each way to start a kernel is."""

FANS = (
    "A normal distribution that is not cut off, or with `uniform` a uniform one. `fan_in` are the "
    "cells of the window times the input channels that a filter sees, `fan_out` the cells times "
    "the output channels of all groups; of a transposed convolution it is the other way round. "
    "Biases are zeros, but for defaults that have their own."
)
"""What the words in parentheses mean."""

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
