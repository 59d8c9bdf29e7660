"""The weights of a model for inference, some of whose layers stand for several."""

from collections import Counter
from collections.abc import Iterator, Mapping

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.fold_norm import fold_norm
from cnngen.backends.keras.helpers.folded_norms import folded_norms
from cnngen.backends.keras.helpers.layers_before import layers_before
from cnngen.backends.keras.helpers.scale_and_shift import scale_and_shift


def from_trained(model: keras.Model, trained: keras.Model) -> keras.Model:
    """The model for inference with the weights of the trained one of the same network.

    Batch norms of the latter become part of the layers before them, and layers whose
    outputs are added become one convolution.
    """
    kept = {(type(each), each.name) for each in model.layers}
    gone = {
        each.name: each
        for each in trained.layers
        if (type(each), each.name) not in kept
    }
    readers = Counter(
        before.name for each in trained.operations for before in layers_before(each)
    )
    norms = folded_norms(model, trained)
    folds = {norm.name: name for name, norm in norms.items()}
    sums = {}
    for add in gone.values():
        if isinstance(add, layers.Add):
            ends = _branches(add, gone, readers)
            names = [folds.get(each.name, each.name) for each in ends]
            for name in names:
                if name not in gone and readers[name] == 1:
                    sums[name] = [trained.get_layer(each) for each in names]
    for layer in model.layers:
        if isinstance(layer, keras.Model):  # what is applied several times
            from_trained(layer, trained.get_layer(layer.name))
        elif layer.name in sums:
            layer.set_weights(_added(layer, sums[layer.name], norms, readers))
        elif layer.name in norms:
            own = trained.get_layer(layer.name)
            layer.set_weights(fold_norm(own, norms[layer.name]))
        elif layer.weights:
            layer.set_weights(trained.get_layer(layer.name).get_weights())
    return model


def _branches(
    layer: layers.Layer, gone: Mapping[str, layers.Layer], readers: Mapping[str, int]
) -> Iterator[layers.Layer]:
    """The layers whose outputs a sum adds, also by sums within it."""
    for each in layers_before(layer):
        if each.name in gone and not each.weights and readers[each.name] == 1:
            yield from _branches(each, gone, readers)
        else:
            yield each


def _added(
    conv: layers.Layer,
    branches: list[layers.Layer],
    norms: Mapping[str, layers.BatchNormalization],
    readers: Mapping[str, int],
) -> list[keras.KerasTensor]:
    """The kernel and the bias of all branches, for a convolution in their place."""
    kernels = ops.zeros_like(conv.kernel)
    biases = ops.zeros_like(conv.bias)
    for each in branches:
        if isinstance(each, layers.BatchNormalization):
            scale, bias = scale_and_shift(each)
            kernel = _identity(conv) * scale
        elif readers[each.name] > 1:  # the value that the branches start from
            kernel, bias = _identity(conv), 0
        elif each.name in norms:
            kernel, bias = fold_norm(each, norms[each.name])
        else:
            kernel, bias = each.kernel, 0 if each.bias is None else each.bias
        around = [
            ((large - small) // 2,) * 2
            for large, small in zip(conv.kernel.shape, kernel.shape, strict=True)
        ]
        kernels, biases = kernels + ops.pad(kernel, around), biases + bias
    return [kernels, biases]


def _identity(conv: layers.Layer) -> keras.KerasTensor:
    """The 1x1 kernel that gives what it takes, of as many axes as the convolution's."""
    *sizes, inputs, outputs = conv.kernel.shape
    kernel = ops.tile(ops.eye(inputs, dtype=conv.dtype), (1, outputs // inputs))
    return ops.reshape(kernel, (*[1] * len(sizes), inputs, outputs))
