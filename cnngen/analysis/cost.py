"""What a network costs: trained parameters, multiply-accumulates."""

from __future__ import annotations

from cnngen.ir import Item, Layer, Network, total


def parameter_count(network: Network) -> int:
    """Trained values with the default arguments."""
    return total(network.body, layer_parameters, again=False)


def layer_parameters(layer: Layer) -> int:
    """Trained values of a layer."""
    return sum(weight.size for weight in layer.op.weights(layer.at.input) if weight.trained)


def mac_count(item: Network | Item) -> int:
    """Multiply-accumulates for one input with the default arguments, side heads included."""
    body = item.body if isinstance(item, Network) else item
    return total(body, lambda layer: layer.macs, again=True)
