"""The layers of a model."""

from collections.abc import Iterator

import keras
from keras import layers


def layers_in(model: keras.Model) -> Iterator[layers.Layer]:
    """The layers of a model, and those of the models in it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):  # what is applied several times
            yield from layers_in(layer)
        else:
            yield layer
