"""Batch norms as part of the layers after them."""

from collections.abc import Collection, Mapping

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.scale_and_shift import scale_and_shift


def fold_ahead(
    weights: dict[str, list[keras.KerasTensor]],
    gone: Collection[layers.Layer],
    after: Mapping[str, str],
) -> None:
    """Put those of batch norms that are gone into the layers that follow them.

    `after` has by the end of the norm's name that of the layer's.
    """
    norms = [each for each in gone if isinstance(each, layers.BatchNormalization)]
    for norm in norms:
        for end, name in after.items():
            start = norm.name.removesuffix(end)
            if start == norm.name or start[-1:] not in ("", "_"):
                continue
            kernel, bias = (*weights[start + name], 0)[:2]
            scale, shift = scale_and_shift(norm)
            sums = ops.sum(ops.reshape(kernel, (-1, *kernel.shape[-2:])), axis=0)
            weights[start + name] = [
                kernel * ops.expand_dims(scale, -1),
                bias + ops.sum(ops.expand_dims(shift, -1) * sums, axis=0),
            ]
            del weights[norm.name]
