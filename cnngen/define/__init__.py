"""From networks to definitions: the structure of the source, from which code is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cnngen.define.builder import entered, plain
from cnngen.define.hold import HeldError, Holder
from cnngen.define.registry import Registry
from cnngen.define.symbols import OpenError
from cnngen.definition import Definition, Form, Use, nodes
from cnngen.elaborate.start import Start
from cnngen.ir import Network
from cnngen.record import NamedTuple


class Defined(NamedTuple):
    """The definitions of a file.

    ``blocks`` are those of blocks, callees first; ``networks`` are those of networks, by the names
    of these. ``ordered`` says, by the identity of an op, which flattens give channels first in
    every target.
    """

    blocks: tuple[Definition, ...]
    networks: Mapping[str, Definition]
    ordered: Mapping[int, bool]


def define(networks: Iterable[Network]) -> Defined:
    """The definitions of these networks and of the blocks that they use.

    A definition that a use does not hold to is written anew for the values of each use.
    """
    every = tuple(networks)
    registry = Registry()
    while True:
        holder = Holder()
        try:
            found = {network.name: _network(network, registry, holder) for network in every}
        except HeldError as error:
            if not registry.make_exact(error.definition):
                raise
            continue
        return Defined(tuple(_callees(found.values())), found, holder.ordered)


def _network(network: Network, registry: Registry, holder: Holder) -> Definition:
    values = {name: plain(value) for name, value in network.values.items()}
    start = entered(Start(), network.base, None)
    made = registry.definition(network.base, values, Form(2, None, 0), start)
    holder.hold(made, network.body, values)
    return made


def _callees(definitions: Iterable[Definition]) -> Iterable[Definition]:
    """The definitions that these use, each after those that it uses itself."""
    order: dict[int, Definition] = {}

    def visit(definition: Definition) -> None:
        for node in nodes(definition.body):
            if isinstance(node, Use) and id(node.callee) not in order:
                visit(node.callee)
                order.setdefault(id(node.callee), node.callee)

    for definition in definitions:
        visit(definition)
    return order.values()


__all__ = ["Defined", "HeldError", "OpenError", "define"]
