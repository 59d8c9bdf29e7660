"""Layers behind one another, as one."""

from collections.abc import Collection

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.layers_before import layers_before


def merge_layers(
    weights: dict[str, list[keras.KerasTensor]], gone: Collection[layers.Layer]
) -> None:
    """Put those of convolutions and dense layers that are gone into the ones before."""
    for layer in gone:
        if layer.name not in weights:  # a norm that is part of another one already
            continue
        first = layers_before(layer)[0]
        while not weights.get(first.name):
            first = layers_before(first)[0]
        kernel, bias = (*weights.pop(layer.name), 0)[:2]
        none = ops.zeros(kernel.shape[-2:-1], kernel.dtype)
        before, shift = (*weights[first.name], none)[:2]
        sums = ops.sum(ops.reshape(kernel, (-1, *kernel.shape[-2:])), axis=0)
        weights[first.name] = [
            before @ kernel,
            bias + ops.sum(ops.expand_dims(shift, -1) * sums, axis=0),
        ]
