"""The weights of a model for inference."""

import keras

from cnngen.backends.keras.helpers.fold_norm import fold_norm
from cnngen.backends.keras.helpers.folded_norms import folded_norms


def fold_norms(
    model: keras.Model, trained: keras.Model, side_heads: tuple[str, ...] = ()
) -> keras.Model:
    """The model for inference with the weights of the trained one of the same network.

    Batch norms of the latter become part of the layers before them, but for those of
    side heads, whose names begin as `side_heads` says.
    """
    norms = folded_norms(model, trained, side_heads)
    for layer in model.layers:
        if isinstance(layer, keras.Model):  # what is applied several times
            fold_norms(layer, trained.get_layer(layer.name), side_heads)
        elif layer.name in norms:
            own = trained.get_layer(layer.name)
            layer.set_weights(fold_norm(own, norms[layer.name]))
        elif layer.weights:
            layer.set_weights(trained.get_layer(layer.name).get_weights())
    return model
