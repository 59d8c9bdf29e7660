"""The weights of a model for inference."""

import keras
from keras import layers

from cnngen.backends.keras.helpers.fold_norm import fold_norm
from cnngen.backends.keras.helpers.layers_before import layers_before


def from_trained(model: keras.Model, trained: keras.Model) -> keras.Model:
    """The model for inference with the weights of the trained one of the same network.

    Batch norms of the latter become part of the layers before them.
    """
    kept = {(type(each), each.name) for each in model.layers}
    norms = {}
    for norm in trained.layers:
        is_kept = (type(norm), norm.name) in kept
        if isinstance(norm, layers.BatchNormalization) and not is_kept:
            (layer,) = layers_before(norm)
            while not layer.weights:  # it cuts off what the one before put around
                (layer,) = layers_before(layer)
            norms[layer.name] = norm
    for layer in model.layers:
        if isinstance(layer, keras.Model):  # what is applied several times
            from_trained(layer, trained.get_layer(layer.name))
        elif layer.weights:
            own = trained.get_layer(layer.name)
            norm = norms.get(layer.name)
            layer.set_weights(
                own.get_weights() if norm is None else fold_norm(own, norm)
            )
    return model
