"""The weights of a model for inference, some of whose layers stand for several."""

from collections.abc import Collection, Mapping, Sequence

import keras
from keras import layers, ops

from cnngen.backends.keras.helpers.fold_norm import fold_norm
from cnngen.backends.keras.helpers.folded_norms import folded_norms
from cnngen.backends.keras.helpers.scale_and_shift import scale_and_shift


def merge_branches(
    model: keras.Model,
    trained: keras.Model,
    branches: Mapping[str, Sequence[str]],
    side_heads: tuple[str, ...] = (),
) -> keras.Model:
    """The model for inference with the weights of the trained one of the same network.

    Batch norms become part of the layers before them, and layers whose outputs are
    added one convolution. `branches` has by the end of its name those of the others;
    an empty one is their input itself. Names in side heads begin as `side_heads` says.
    """
    kept = {(type(each), each.name) for each in model.layers}
    gone = {each.name for each in trained.layers if (type(each), each.name) not in kept}
    sums = {each.name: _beside(each.name, gone, branches) for each in model.layers}
    merged = {name for names in sums.values() for name in names}
    norms = {
        name: norm
        for name, norm in folded_norms(model, trained, side_heads).items()
        if norm.name not in merged
    }
    for layer in model.layers:
        if isinstance(layer, keras.Model):  # what is applied several times
            inner = trained.get_layer(layer.name)
            merge_branches(layer, inner, branches, side_heads)
        elif layer.weights:
            weights = _weights(trained.get_layer(layer.name), norms)
            for name in sums[layer.name]:
                kernel, bias = (*weights, ops.zeros_like(layer.bias))[:2]
                if name:
                    more, shift = _branch(trained.get_layer(name), layer, norms)
                else:
                    more, shift = _identity(layer), 0
                weights = [kernel + more, bias + shift]
            layer.set_weights(weights)
    return model


def _beside(
    name: str, gone: Collection[str], branches: Mapping[str, Sequence[str]]
) -> list[str]:
    """The names of the layers that a convolution takes in."""
    for end in sorted(branches, key=len, reverse=True):
        start = name.removesuffix(end)
        others = [start + other for other in branches[end] if start + other in gone]
        if start != name and start[-1:] in ("", "_") and others:
            return others + [""] * ("" in branches[end])
    return []


def _weights(
    layer: layers.Layer, norms: Mapping[str, layers.BatchNormalization]
) -> Sequence[keras.KerasTensor]:
    """The weights of a layer, those of the norm that it takes in among them."""
    if layer.name in norms:
        return fold_norm(layer, norms[layer.name])
    return [weight.value for weight in layer.weights]


def _branch(
    layer: layers.Layer,
    conv: layers.Layer,
    norms: Mapping[str, layers.BatchNormalization],
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The kernel of a layer, in the size of that of `conv`, and its bias."""
    if isinstance(layer, layers.BatchNormalization):
        scale, shift = scale_and_shift(layer)
        return _identity(conv) * scale, shift
    kernel, bias = (*_weights(layer, norms), 0)[:2]
    sizes = zip(conv.kernel.shape, kernel.shape, strict=True)
    return ops.pad(
        kernel, [((large - small) // 2,) * 2 for large, small in sizes]
    ), bias


def _identity(conv: layers.Layer) -> keras.KerasTensor:
    """The kernel of the size of that of `conv` that gives what it takes."""
    *sizes, inputs, outputs = conv.kernel.shape
    kernel = ops.tile(ops.eye(inputs, dtype=conv.dtype), (1, outputs // inputs))
    kernel = ops.reshape(kernel, (*[1] * len(sizes), inputs, outputs))
    return ops.pad(
        kernel, [*((size // 2, size // 2) for size in sizes), (0, 0), (0, 0)]
    )
