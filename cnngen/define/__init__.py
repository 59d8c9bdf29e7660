"""From networks to definitions: the structure of the source, from which code is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from cnngen.define.builder import entered, plain
from cnngen.define.hold import HeldError, Holder
from cnngen.define.registry import Registry
from cnngen.define.symbols import OpenError
from cnngen.definition import Definition, Form, Layer, Use, nodes
from cnngen.elaborate.start import Start
from cnngen.expressions import IN_CHANNELS, names
from cnngen.ir import Network
from cnngen.passes.inference.plan import Plan
from cnngen.record import NamedTuple


class Change(Protocol):
    """What makes definitions those for inference, and the plan for that."""

    plan: Plan

    def __call__(self, definition: Definition) -> Definition:
        """The definition for inference, with those that it uses."""
        ...


class Defined(NamedTuple):
    """The definitions of a file.

    ``blocks`` are those of blocks, callees first; ``networks`` are those of networks, by the names
    of these. ``ordered`` says, by the identity of an op, which flattens give channels first in
    every target. ``registry`` is where they come from; ``inference`` is there where
    they are those for inference.
    """

    blocks: tuple[Definition, ...]
    networks: Mapping[str, Definition]
    ordered: Mapping[int, bool]
    registry: Registry
    inference: Change | None = None

    def for_any_shape(self, network: Network) -> Definition | None:
        """A network's definition over the channels that come in, if no size matters in it.

        It was made without the sizes, and still comes to the same network.
        """
        values = {name: plain(value) for name, value in network.values.items()}
        try:
            made = self.registry.for_any_shape(self.networks[network.name])
            if self.inference is not None:
                made = self.inference(made)
            Holder().hold(made, network.body, values)
        except (OpenError, HeldError):
            return None
        if _places_channels(made) or any(map(_flattens_a_map, [made, *callees([made])])):
            return None
        return made


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
        return Defined(tuple(callees(found.values())), found, holder.ordered, registry)


def _network(network: Network, registry: Registry, holder: Holder) -> Definition:
    values = {name: plain(value) for name, value in network.values.items()}
    start = entered(Start(), network.base, None)
    made = registry.definition(network.base, values, Form(2, None, 0), start)
    holder.hold(made, network.body, values)
    return made


def networks_held(
    networks: Iterable[Network], definitions: Mapping[str, Definition]
) -> Mapping[int, bool]:
    """``ordered`` of :class:`Defined`, for networks whose definitions have been changed.

    Raises:
        HeldError: a network is not what its definition says.
    """
    holder = Holder()
    for network in networks:
        values = {name: plain(value) for name, value in network.values.items()}
        holder.hold(definitions[network.name], network.body, values)
    return holder.ordered


def _flattens_a_map(definition: Definition) -> bool:
    """Whether there are as many features somewhere as a map has cells."""
    return any(
        isinstance(node, Layer)
        and node.at.input.is_map
        and node.at.input.sizes is None
        and node.op.keeps_elements
        for node in nodes(definition.body)
    )


def _places_channels(definition: Definition) -> bool:
    """Whether a layer treats each of the channels that come in by its place, or counts on them."""
    for node in nodes(definition.body):
        if not isinstance(node, (Layer, Use)) or IN_CHANNELS not in names(node.at.input.channels):
            continue
        if node.op.reads_order if isinstance(node, Layer) else _places_channels(node.callee):
            return True
    return False


def callees(definitions: Iterable[Definition]) -> Iterable[Definition]:
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


__all__ = ["Change", "Defined", "HeldError", "OpenError", "callees", "define", "networks_held"]
