"""What a model for inference is without."""

from collections.abc import Iterable

import keras
from keras import layers

from cnngen.backends.keras.helpers.layers_in import layers_in


def layers_gone(
    model: keras.Model, trained: Iterable[layers.Layer]
) -> list[layers.Layer]:
    """The trained layers that became part of others in the model for inference."""
    kept = {(type(each).__name__, each.name) for each in layers_in(model)}
    return [each for each in trained if (type(each).__name__, each.name) not in kept]
