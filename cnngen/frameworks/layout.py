"""All weights of a network under a target's own names and in its own layout, and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from cnngen.analysis.applied import in_order_of_application
from cnngen.analysis.network_graph import DEPTHWISE, separated
from cnngen.backends import backend
from cnngen.backends.axes import from_target, target_shape, to_target
from cnngen.backends.base import Slot
from cnngen.frameworks.base import Framework, Key, Owned, Weights
from cnngen.ir import Network, layers
from cnngen.ops import SeparableConv, Weight
from cnngen.record import NamedTuple
from cnngen.reference import Array

Arrays = Mapping[str, Owned]
"""What a model owns by name, ``<layer>.<attribute>``."""


class Place(NamedTuple):
    """Where a target keeps a weight: under ``name``, laid out as ``slot`` says."""

    key: Key
    name: str
    weight: Weight
    slot: Slot


def places(target: str, network: Network) -> Iterator[Place]:
    """Where a target keeps each weight, in the order of execution.

    The name is ``<what the target calls the layer>.<attribute>``, without the attribute where the
    layer is a parameter of what is around it.
    """
    to = backend(target)
    for path, layer in layers(network.body):
        slots = to.slots(layer)
        for weight in layer.op.weights(layer.at.input):
            slot = slots[weight.name]
            yield Place((path, weight.name), slot.at(to.path(path)), weight, slot)


def as_applied(framework: Framework, network: Network, arrays: Arrays) -> Arrays:
    """What a generated model owns, in the order of application where its own is one of lists."""
    if not framework.holds_lists:
        return arrays
    layer_of = {place.name: place.key[0] for place in places(framework.target, network)}
    order = {path: place for place, path in enumerate(in_order_of_application(network))}
    return {name: arrays[name] for name in sorted(arrays, key=lambda name: order[layer_of[name]])}


def shapes(target: str, network: Network) -> dict[str, tuple[int, ...]]:
    """The shapes of all weights as a target keeps them, by its names."""
    return {place.name: target_shape(place.weight, place.slot) for place in places(target, network)}


def names_by_layer(target: str, network: Network) -> dict[str, list[str]]:
    """The names of the weights of each layer as a target calls them, by the layer's path.

    A separable convolution is two layers, as :func:`cnngen.analysis.network_graph.graph_of` has it.
    """
    names: dict[str, list[str]] = {}
    ops = {path: layer.op for path, layer in layers(network.body)}
    for place in places(target, network):
        path, weight = place.key
        if isinstance(ops[path], SeparableConv):
            path = separated(path)[weight != DEPTHWISE]
        names.setdefault(path, []).append(place.name)
    return names


def variables(target: str, network: Network) -> dict[str, list[str]]:
    """The names that a target has for the weights in a layer, by what it calls the layer."""
    names: dict[str, list[str]] = {}
    for place in places(target, network):
        layer, _, variable = place.name.rpartition(".")
        names.setdefault(layer, []).append(variable)
    return names


def shapes_of_layers(target: str, network: Network) -> dict[str, tuple[tuple[int, ...], ...]]:
    """The shapes of the weights of each layer as a target keeps them, by the layer's path."""
    own = shapes(target, network)
    named = names_by_layer(target, network)
    return {path: tuple(own[name] for name in names) for path, names in named.items()}


def complete(own: Collection[str], wanted: Sequence[str]) -> dict[str, str]:
    """Each name to itself, if a generated model has just these weights."""
    if set(own) != set(wanted) or len(set(wanted)) != len(wanted):
        odd = sorted(set(own) ^ set(wanted))
        raise RuntimeError(f"the generated model and the network differ in their weights: {odd}")
    return {name: name for name in wanted}


def by_path(weights: Mapping[Key, Array]) -> dict[str, dict[str, Array]]:
    """Weights by the layer's path, and in it by their names."""
    found: dict[str, dict[str, Array]] = {}
    for (path, name), array in weights.items():
        found.setdefault(path, {})[name] = array
    return found


def to_keys(target: str, network: Network, weights: Weights) -> dict[str, Array]:
    """The weights as a target keeps them, by its names."""
    return {
        place.name: _laid_out(target, place, weights[place.key[0]][place.key[1]])
        for place in places(target, network)
    }


def gradients_to_keys(
    target: str, network: Network, gradients: Mapping[Key, Array]
) -> dict[str, Array]:
    """The gradients that there are as a target keeps the weights, by its names."""
    return {
        place.name: _laid_out(target, place, gradients[place.key])
        for place in places(target, network)
        if place.key in gradients
    }


def _laid_out(target: str, place: Place, array: Array) -> Array:
    order = backend(target).flat_order
    return np.ascontiguousarray(to_target(array, place.weight, place.slot, order))


def from_keys(target: str, network: Network, arrays: Mapping[str, Array]) -> dict[Key, Array]:
    """What a target keeps by its names, as here; names that are not there are left out."""
    order = backend(target).flat_order
    return {
        place.key: from_target(arrays[place.name], place.weight, place.slot, order)
        for place in places(target, network)
        if place.name in arrays
    }
