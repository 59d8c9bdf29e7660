"""A model with the weights of another one."""

import keras

from cnngen.backends.keras.helpers.layers_in import layers_in


def with_weights(
    model: keras.Model, weights: dict[str, list[keras.KerasTensor]]
) -> keras.Model:
    """The model with these weights for each layer, by its name.

    Raises:
        ValueError: they are those of another network.
    """
    own = {layer.name: layer for layer in layers_in(model) if layer.weights}
    if others := sorted(own.keys() ^ weights.keys()):
        raise ValueError(f"not the same network: one lacks {', '.join(others)}")
    for name, layer in own.items():
        layer.set_weights(weights[name])
    return model
