"""A network's value: its layers one after another."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.ir import Network, layers
from cnngen.reference.table import TABLE, Array, Weights


def evaluate(network: Network, weights: Mapping[str, Weights], x: Array) -> Array:
    """The network's output in evaluation.

    Args:
        network: what to evaluate.
        weights: each layer's arrays, by the layer's path and the weight's name; a layer without
            weights may be left out.
        x: a batch, (N, height, width, channels) or (N, features).
    """
    for path, layer in layers(network.body):
        x = TABLE(layer.op, weights.get(path, {}), x)
    return x


def trace(network: Network, weights: Mapping[str, Weights], x: Array) -> dict[str, Array]:
    """Every layer's output by the layer's path; see :func:`evaluate`."""
    outputs: dict[str, Array] = {}
    for path, layer in layers(network.body):
        x = outputs[path] = TABLE(layer.op, weights.get(path, {}), x)
    return outputs
