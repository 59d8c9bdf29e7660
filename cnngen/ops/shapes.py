"""Shapes of values without the batch: a map HxWxC, as the literature writes it, or a vector."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.record import NamedTuple

POSITIONS = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the axes of a map with positions along one, two or three axes are called, in order."""

AXES = frozenset(name for names in POSITIONS.values() for name in names)
"""All of these names."""

CHANNELS = "channels"
"""What the axis is called that comes after those of positions."""

MOST_AXES = max(POSITIONS)


class Map(NamedTuple):
    """Positions along ``len(sizes)`` axes, with ``channels`` values each."""

    sizes: tuple[int, ...]
    channels: int

    def __str__(self) -> str:
        return "x".join(map(str, (*self.sizes, self.channels)))

    @property
    def axes(self) -> int:
        """The number of axes of positions."""
        return len(self.sizes)

    @property
    def positions(self) -> int:
        """The number of positions."""
        return product(self.sizes)

    @property
    def elements(self) -> int:
        """The number of values."""
        return self.positions * self.channels


class Vector(NamedTuple):
    """``features`` values.

    ``factors`` are the sizes and the channels of a map, where the vector is a flattened map whose
    order of elements a target may choose: torch flattens channels first, Keras channels last.
    Weights that run along such a vector are permuted when they move between targets.
    """

    features: int
    factors: tuple[int, ...] | None = None

    def __str__(self) -> str:
        return str(self.features)

    @property
    def axes(self) -> int:
        """The number of axes of positions: a vector has none."""
        return 0

    @property
    def channels(self) -> int:
        """The features: what a layer that works on channels sees of a vector."""
        return self.features

    @property
    def elements(self) -> int:
        """The number of values."""
        return self.features


Shape = Map | Vector


def product(sizes: tuple[int, ...]) -> int:
    """The number of positions, or cells, of these sizes."""
    total = 1
    for size in sizes:
        total *= size
    return total


def same_size(a: Shape, b: Shape) -> bool:
    """Whether two shapes have the same sizes, whatever the order of a flattened map."""
    return str(a) == str(b)


def is_factor(own: Shape, of: Shape) -> bool:
    """Whether a map has 1 or the same in place of each size of another, so that it can weigh it."""
    if not isinstance(own, Map) or not isinstance(of, Map) or own.axes != of.axes:
        return same_size(own, of)
    pairs = zip((*own.sizes, own.channels), (*of.sizes, of.channels), strict=True)
    return all(a in (1, b) for a, b in pairs)


def product_shape(shapes: Sequence[Shape]) -> Shape | None:
    """The shape that all of them are multiplied to; None where they do not fit.

    One of them has it. The others have it too, or are maps with a size of 1 where it has more:
    1x1xC weighs channels (Hu et al., 2018), HxWx1 positions (Woo et al., 2018, section 3).
    """
    for whole in shapes:
        if all(is_factor(factor, whole) for factor in shapes):
            return whole
    return None


def by(sizes: tuple[int, ...]) -> str:
    """Sizes as the language writes them: 3x3."""
    return "x".join(map(str, sizes))
