"""The layers of a network in the order in which a person writes them down.

That is the order in which they are applied, but for a projection, which comes after the layers that
it stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.ir import Chain, Instance, Item, Layer, Network, Residual, parts


def in_order_of_application(network: Network) -> list[str]:
    """The paths of all layers, each once. The turns of a loop follow one another."""
    return list(dict.fromkeys(_paths(network.body, "")))


def _paths(item: Item, prefix: str) -> Iterator[str]:
    if isinstance(item, Layer):
        yield prefix + item.name
        return
    deeper = isinstance(item, (Chain, Instance)) and item.name
    inside = parts(item)
    if isinstance(item, Residual) and item.path is not None:
        path, *body = inside
        inside = (*body, path)
    for part in inside:
        yield from _paths(part, f"{prefix}{item.name}." if deeper else prefix)
