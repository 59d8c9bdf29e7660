"""The intermediate representation: regions over typed nodes. All of it is on this page.

Immutable; a pass makes new nodes where it changes something and keeps the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from cnngen.ops import Op, Shape
from cnngen.source import Source, Span


class Layer(NamedTuple):
    """One op at its place.

    ``name`` is unique in its chain: the attribute in generated code, the key in a state dict.
    ``step`` numbers the source line's execution: neighbours with the same step stand on one line
    of the source. ``symbols`` says which field's value is a parameter of the network, ``width``
    which parameter the output's channels are.
    """

    name: str
    op: Op
    input: Shape
    output: Shape
    span: Span
    step: int
    symbols: Mapping[str, str]
    width: str | None = None


class Chain(NamedTuple):
    """Items one after another; ``numbered`` where their names are just their places, 0, 1, ..."""

    name: str
    items: tuple[Item, ...]
    input: Shape
    output: Shape
    span: Span
    step: int
    numbered: bool


Item = Layer | Chain


class Parameter(NamedTuple):
    """A network's parameter that nothing else depends on; the generated constructor takes it.

    ``default`` is what the layers take: a float where they take one, whole though it may be.
    """

    name: str
    default: int | float
    span: Span


class Network(NamedTuple):
    """A network with all else decided."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Chain
    span: Span


class Module(NamedTuple):
    """A file's networks."""

    source: Source
    description: str
    networks: tuple[Network, ...]


def width(item: Item) -> str | None:
    """The network parameter that the channels of an item's output are, if any."""
    return item.width if isinstance(item, Layer) else width(item.items[-1])


def layers(chain: Chain, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer in the order of execution with its path, such as ``features.0``."""
    for item in chain.items:
        path = prefix + item.name
        if isinstance(item, Layer):
            yield path, item
        else:
            yield from layers(item, path + ".")


def edges(chain: Chain) -> Iterator[tuple[tuple[str, Layer], tuple[str, Layer]]]:
    """Each layer, with its path, and the layer that takes its output.

    Passes that look at neighbours ask here: what follows in the file need not follow in the flow.
    """
    return pairwise(layers(chain))


def map_layers(chain: Chain, change: Callable[[str, Layer], Layer], prefix: str = "") -> Chain:
    """The chain with ``change`` applied to every path and layer; the same object if none changed.

    ``change`` keeps sizes; the chain takes over its first layer's input and its last one's output.
    """
    items = tuple(
        change(prefix + item.name, item)
        if isinstance(item, Layer)
        else map_layers(item, change, f"{prefix}{item.name}.")
        for item in chain.items
    )
    same = all(new is old for new, old in zip(items, chain.items, strict=True))
    if same:
        return chain
    return chain._replace(items=items, input=items[0].input, output=items[-1].output)
