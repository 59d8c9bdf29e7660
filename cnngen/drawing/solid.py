"""How large a value is drawn: by its sizes, but so that the small are seen beside the large."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cnngen.drawing.model import Node
from cnngen.ops import Map, Shape
from cnngen.record import NamedTuple

TALLEST = 110.0
SHORTEST = 12.0
LONGEST = 46.0
THINNEST = 4.0
BAR = 9.0
SIGN = 22.0


class Solid(NamedTuple):
    """A box seen from the front and the right, in the picture's units.

    ``length`` runs along channels, ``height`` along the height of the map; its width runs back,
    ``shift`` to the right and ``rise`` up.
    """

    length: float
    height: float
    shift: float
    rise: float


def solids(nodes: Iterable[Node]) -> dict[str, Solid]:
    """A solid for each box, all to one scale."""
    nodes = list(nodes)
    maps = [node.shape for node in nodes if isinstance(node.shape, Map)]
    largest = max((max(shape.sizes) for shape in maps), default=1)
    channels = max((shape.channels for shape in maps), default=1)
    features = max((node.shape.channels for node in nodes), default=1)
    return {node.id: _solid(node, largest, channels, features) for node in nodes}


def _solid(node: Node, largest: int, channels: int, features: int) -> Solid:
    if node.kind == "join" and len(node.rows[0]) == 1:
        return Solid(SIGN, SIGN, 0.0, 0.0)
    shape = node.shape
    if not isinstance(shape, Map):
        height = _between(SHORTEST * 2, TALLEST, _log(shape.channels, features))
        return Solid(BAR, height, BAR / 2, BAR / 4)
    height, width = _plane(shape)
    back = _between(SHORTEST, TALLEST, math.sqrt(width / largest))
    return Solid(
        _between(THINNEST, LONGEST, _log(shape.channels, channels) ** 2),
        _between(SHORTEST, TALLEST, math.sqrt(height / largest)),
        back * 0.45,
        back * 0.25,
    )


def _plane(shape: Shape) -> tuple[int, int]:
    """Height and width of a map: the last two of its sizes; a length is a height."""
    sizes = shape.sizes if isinstance(shape, Map) else ()
    return (sizes[0], 1) if len(sizes) == 1 else (sizes[-2], sizes[-1])


def _log(value: int, largest: int) -> float:
    return math.log2(value + 1) / math.log2(largest + 1)


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share
