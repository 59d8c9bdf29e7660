"""The layers of a trained model whose weights another form of it takes."""

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_behind import layers_behind
from cnngen.backends.keras.helpers.layers_in import layers_in


def trained_layers(model: keras.Model, trained: keras.Model) -> list[layers.Layer]:
    """Those with weights, but for side heads that the other form is without."""
    found = [layer for layer in layers_in(trained) if layer.weights]
    if not hasattr(trained, "side_weights") or hasattr(model, "side_weights"):
        return found
    main = layers_behind(trained.output["main"])
    return [layer for layer in found if layer in main]
