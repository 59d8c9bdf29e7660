"""Changing the chains of a network, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.ir import Chain, Instance, Item, Layer, Network, Reuse, parts, rebuild

Rule = Callable[[Chain], Chain]
"""What becomes of a chain in which all chains have been changed; shapes stay as they are."""


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
