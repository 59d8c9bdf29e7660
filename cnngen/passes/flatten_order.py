"""Where the order of a flattened map shows, it is made the same in every target.

Torch flattens a map channels first, Keras channels last. Both sources stay idiomatic as long as
only weights run along the vector: those are permuted when they move between targets. Where the
vector itself is the network's output, or an op depends on the order of its elements, the flatten
is marked ``ordered``: channels first everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from cnngen.ir import Layer, Network, layers, map_layers
from cnngen.ops import Dense, Flatten, Map, Vector


def order_flattens(network: Network) -> Network:
    """Mark the flattens whose order shows, and the shapes after them."""
    seen = _seen(layers(network.body))
    if not seen:
        return network

    def settle(path: str, layer: Layer) -> Layer:
        if path not in seen:
            return layer
        op = Flatten(ordered=True) if _flattens(layer) else layer.op
        return layer._replace(op=op, input=_plain(layer.input), output=_plain(layer.output))

    return network._replace(body=map_layers(network.body, settle))


def _seen(order: Iterable[tuple[str, Layer]]) -> set[str]:
    """The paths of the layers from each flatten whose order shows to where the vector ends."""
    seen: set[str] = set()
    run: list[str] = []
    shows = False
    for path, layer in order:
        if _flattens(layer):
            run, shows = [path], False
        elif run:
            run.append(path)
            shows = shows or layer.op.reads_order
            if isinstance(layer.op, Dense):
                seen.update(run if shows else ())
                run = []
    return seen.union(run)


def _flattens(layer: Layer) -> bool:
    """Whether there is more than one order: of a 1x1 map and of one channel there is not."""
    op, x, y = layer.op, layer.input, layer.output
    flattens = isinstance(op, Flatten) and isinstance(x, Map)
    return flattens and isinstance(y, Vector) and y.factors is not None


def _plain(shape: Map | Vector) -> Map | Vector:
    return Vector(shape.features) if isinstance(shape, Vector) else shape
