"""The weights of layers."""

from collections.abc import Iterable

import keras
from keras import layers


def weights_of(
    trained: Iterable[layers.Layer],
) -> dict[str, list[keras.KerasTensor]]:
    """The weights of each layer, by its name."""
    return {each.name: [weight.value for weight in each.weights] for each in trained}
