"""The chains of a network, wherever they stand in it: looked through, and changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnngen.ir import Chain, Instance, Item, Layer, Network, Reuse, children, parts, rebuild

Rule = Callable[[Chain], Chain]
"""What becomes of a chain in which all chains have been changed; shapes stay as they are."""


def rows(item: Item, prefix: str = "") -> Iterator[tuple[str, tuple[Item, ...]]]:
    """What is named together in an item and in all in it, with what stands before these names."""
    if isinstance(item, Layer):
        return
    named = isinstance(item, (Chain, Instance)) and item.name
    within = f"{prefix}{item.name}." if named else prefix
    found = children(item)
    yield within, found
    for child in found:
        yield from rows(child, within)


def each_chain(network: Network, rule: Rule) -> Network:
    """The network with every chain changed; a block's body once for all its uses."""
    bodies: dict[int, Chain] = {}

    def chain(old: Chain) -> Chain:
        made = rebuild(old, tuple(map(item, old.items)))
        assert isinstance(made, Chain)
        return rule(made)

    def item(old: Item) -> Item:
        if isinstance(old, Chain):
            return chain(old)
        if isinstance(old, Instance):
            if id(old.body) not in bodies:
                bodies[id(old.body)] = chain(old.body)
            return rebuild(old, (bodies[id(old.body)],))
        if isinstance(old, Reuse) and isinstance(old.item, Layer):
            # As where it stands first, where nothing is left out that is applied again.
            return rebuild(old, rule(Chain("", (old.item,), old.at)).items)
        return rebuild(old, tuple(map(item, parts(old))))

    return network._replace(body=chain(network.body))
