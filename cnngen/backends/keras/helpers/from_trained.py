"""The weights of a model for inference."""

import keras
from keras import layers, ops


def from_trained(model: keras.Model, trained: keras.Model) -> keras.Model:
    """The model for inference with the weights of the trained one of the same network.

    Batch norms of the latter become part of the layers before them.
    """
    kept = {each.name for each in model.layers if _is_norm(each)}
    norms: dict[str, layers.BatchNormalization] = {}
    for norm in trained.layers:
        if _is_norm(norm) and norm.name not in kept:
            layer = _before(norm)
            while (
                not layer.weights
            ):  # it cuts off what the layer with weights put around
                layer = _before(layer)
            norms[layer.name] = norm
    for layer in model.layers:
        if isinstance(layer, keras.Model):  # what is applied several times
            from_trained(layer, trained.get_layer(layer.name))
        elif layer.name in norms:
            _fold(trained.get_layer(layer.name), norms[layer.name], layer)
        elif layer.weights:
            layer.set_weights(trained.get_layer(layer.name).get_weights())
    return model


def _is_norm(layer: layers.Layer) -> bool:
    return isinstance(layer, layers.BatchNormalization)


def _before(layer: layers.Layer) -> layers.Layer:
    """The layer whose output this one takes, where it is applied first."""
    return layer._inbound_nodes[0].parent_nodes[0].operation


def _fold(
    trained: layers.Layer, norm: layers.BatchNormalization, layer: layers.Layer
) -> None:
    """Give a layer the weights of the trained one and of the norm after it."""
    scale = 1 / ops.sqrt(norm.moving_variance + norm.epsilon)
    scale = scale if norm.gamma is None else scale * norm.gamma
    shift = (
        -norm.moving_mean if trained.bias is None else trained.bias - norm.moving_mean
    )
    shift = shift * scale
    layer.bias.assign(shift if norm.beta is None else shift + norm.beta)
    if isinstance(layer, (layers.DepthwiseConv1D, layers.DepthwiseConv2D)):
        scale = ops.reshape(scale, trained.kernel.shape[-2:])
    elif "Transpose" in type(layer).__name__:  # channels come before the input's
        scale = ops.expand_dims(scale, -1)
    layer.kernel.assign(trained.kernel * scale)
