"""A model with the weights of another one."""

from collections.abc import Mapping, Sequence

import keras

from cnngen.backends.keras.helpers.layers_in import layers_in


def with_weights(
    model: keras.Model, weights: Mapping[str, Sequence[keras.KerasTensor]]
) -> keras.Model:
    """The model with these weights for each layer, by its name."""
    for layer in layers_in(model):
        if layer.weights:
            layer.set_weights(weights[layer.name])
    return model
