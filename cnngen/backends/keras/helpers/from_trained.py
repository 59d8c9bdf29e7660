"""The weights of a model for inference."""

import keras

from cnngen.backends.keras.helpers.fold_norm import fold_norm
from cnngen.backends.keras.helpers.folded_norms import folded_norms


def from_trained(model: keras.Model, trained: keras.Model) -> keras.Model:
    """The model for inference with the weights of the trained one of the same network.

    Batch norms of the latter become part of the layers before them.
    """
    norms = folded_norms(model, trained)
    for layer in model.layers:
        if isinstance(layer, keras.Model):  # what is applied several times
            from_trained(layer, trained.get_layer(layer.name))
        elif layer.name in norms:
            own = trained.get_layer(layer.name)
            layer.set_weights(fold_norm(own, norms[layer.name]))
        elif layer.weights:
            layer.set_weights(trained.get_layer(layer.name).get_weights())
    return model
