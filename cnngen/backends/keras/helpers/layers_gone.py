"""What a model for inference is without."""

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_in import layers_in


def layers_gone(
    model: keras.Model, trained: keras.Model, side_heads: tuple[str, ...] = ()
) -> list[layers.Layer]:
    """The layers with weights that became part of others in the model for inference.

    Those of side heads, whose names begin as `side_heads` says, are not among them.
    """
    kept = {(type(each), each.name) for each in layers_in(model)}
    return [
        each
        for each in layers_in(trained)
        if each.weights
        and (type(each), each.name) not in kept
        and not f"{each.name}_".startswith(side_heads)  # or it is one by itself
    ]
