"""What a model for inference is without."""

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_behind import layers_behind
from cnngen.backends.keras.helpers.layers_in import layers_in


def layers_gone(model: keras.Model, trained: keras.Model) -> list[layers.Layer]:
    """The layers with weights that became part of others in the model for inference.

    Those of side heads became part of none.
    """
    kept = {(type(each).__name__, each.name) for each in layers_in(model)}
    main = layers_behind(trained)
    return [
        each
        for each in layers_in(trained)
        if each.weights
        and each in main
        and (type(each).__name__, each.name) not in kept
    ]
