"""Shapes of values without the batch: a map HxWxC, as the literature writes it, or a vector."""

from __future__ import annotations

from cnngen.record import NamedTuple


class Map(NamedTuple):
    """``height`` x ``width`` positions of ``channels`` values each."""

    height: int
    width: int
    channels: int

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.channels}"

    @property
    def elements(self) -> int:
        """The number of values."""
        return self.height * self.width * self.channels


class Vector(NamedTuple):
    """``features`` values.

    ``factors`` is (height, width, channels) where the vector is a flattened map whose order of
    elements a target may choose: torch flattens channels first, Keras channels last. Weights
    that run along such a vector are permuted when they move between targets.
    """

    features: int
    factors: tuple[int, int, int] | None = None

    def __str__(self) -> str:
        return str(self.features)

    @property
    def channels(self) -> int:
        """The features: what a layer that works on channels sees of a vector."""
        return self.features

    @property
    def elements(self) -> int:
        """The number of values."""
        return self.features


Shape = Map | Vector


def same_size(a: Shape, b: Shape) -> bool:
    """Whether two shapes have the same sizes, whatever the order of a flattened map."""
    return str(a) == str(b)
