"""Which batch norms become part of other layers."""

from collections import Counter

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_before import layers_before


def folded_norms(
    model: keras.Model, trained: keras.Model, side_heads: tuple[str, ...]
) -> dict[str, layers.BatchNormalization]:
    """The norms that a model for inference lacks, by the layers that take them in.

    Those of side heads have names that begin as `side_heads` says.
    """
    kept = {each.name for each in model.layers if _is_norm(each)}
    readers = Counter(
        before.name for each in trained.operations for before in layers_before(each)
    )
    readers.update(output._keras_history.operation.name for output in trained.outputs)
    norms = {}
    for norm in trained.layers:
        if _is_norm(norm) and norm.name not in kept:
            layer = layers_before(norm)[0]
            while layers_before(layer) and not getattr(layer, "weights", ()):
                layer = layers_before(layer)[0]  # it cuts off what that one put around
            if readers[layer.name] == 1 or not norm.name.startswith(side_heads):
                norms[layer.name] = norm
    return norms


def _is_norm(layer: layers.Layer) -> bool:
    return isinstance(layer, layers.BatchNormalization)
