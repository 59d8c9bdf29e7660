"""Which batch norms become part of other layers."""

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_before import layers_before


def folded_norms(
    model: keras.Model, trained: keras.Model, side_heads: tuple[str, ...]
) -> dict[str, layers.BatchNormalization]:
    """The norms that a model for inference lacks, by the layers that take them in.

    Those of side heads, whose names begin as `side_heads` says, go with these.
    """
    kept = {each.name for each in model.layers if _is_norm(each)}
    norms = {}
    for norm in trained.layers:
        in_head = f"{norm.name}_".startswith(side_heads)  # or it is one by itself
        if _is_norm(norm) and norm.name not in kept and not in_head:
            layer = layers_before(norm)[0]
            while layers_before(layer) and not getattr(layer, "weights", ()):
                layer = layers_before(layer)[0]  # it cuts off what that one put around
            norms[layer.name] = norm
    return norms


def _is_norm(layer: layers.Layer) -> bool:
    return isinstance(layer, layers.BatchNormalization)
