"""The weights of a trained model."""

import keras

from cnngen.backends.keras.helpers.layers_in import layers_in


def weights_of(trained: keras.Model) -> dict[str, list[keras.KerasTensor]]:
    """The weights of each layer, by its name."""
    return {
        each.name: [weight.value for weight in each.weights]
        for each in layers_in(trained)
    }
