"""Layers behind one another, as one."""

from collections.abc import Collection, Mapping

import keras
from keras import layers, ops


def merge_layers(
    weights: dict[str, list[keras.KerasTensor]],
    gone: Collection[layers.Layer],
    firsts: Mapping[str, str],
) -> None:
    """Put those of convolutions and dense layers that are gone into the ones before.

    `firsts` has by the end of a layer's name that of the one before.
    """
    for layer in gone:
        for end, name in firsts.items():
            start = layer.name.removesuffix(end)
            if start == layer.name or start[-1:] not in ("", "_"):
                continue
            kernel, bias = (*weights.pop(layer.name), 0)[:2]
            none = ops.zeros(kernel.shape[-2:-1], kernel.dtype)
            before, shift = (*weights[start + name], none)[:2]
            sums = ops.sum(ops.reshape(kernel, (-1, *kernel.shape[-2:])), axis=0)
            weights[start + name] = [
                before @ kernel,
                bias + ops.sum(ops.expand_dims(shift, -1) * sums, axis=0),
            ]
