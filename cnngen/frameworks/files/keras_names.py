"""The names that layers and variables of Keras' files get: those of the network where it has them.

A layer is called after the models around it, but for those that the network's own model has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cnngen.analysis.graph import Graph
from cnngen.analysis.network_graph import DEPTHWISE, POINTWISE
from cnngen.backends import backend
from cnngen.frameworks.files import keras_graph
from cnngen.frameworks.files.base import (
    KERNEL,
    Contents,
    NotWeightsError,
    Sizes,
    Tensor,
)
from cnngen.frameworks.layout import variables
from cnngen.ir import Network, applied_again

SEPARABLE = (f"{DEPTHWISE}{KERNEL}", f"{POINTWISE}{KERNEL}", "bias")
"""The variables of a separable convolution."""


def inner_models(network: Network) -> frozenset[str]:
    """The names of models that the generated one itself has in it."""
    return frozenset(backend("keras").path(path) for path in applied_again(network))


def outside(names: Sequence[str], inner: Collection[str]) -> str:
    """The name of a layer, after those of the models around it, without these models."""
    *around, own = names
    return ".".join([*(m for m in around if m not in inner), own])


class Namer:
    """Collects the arrays of a file's layers under their names."""

    def __init__(self, network: Network) -> None:
        self.inner = inner_models(network)
        self.tensors: dict[str, Tensor] = {}
        self._known = variables("keras", network)  # in the order of their places

    def add(self, names: Sequence[str], arrays: Mapping[str, Tensor]) -> str:
        """A layer's arrays in the order of its variables; the layer's name.

        Args:
            names: that of the layer, after those of the models around it.
            arrays: by the names, or the places, that its variables have in the file.

        Raises:
            NotWeightsError: there is another layer of this name.
        """
        layer = outside(names, self.inner)
        known = self._known.get(layer) or self._known.get(names[-1], [])  # of a part of the model
        for name, tensor in zip(_called(known, arrays), arrays.values(), strict=True):
            full = f"{layer}.{name}"
            if full in self.tensors:
                raise NotWeightsError(f"there are two layers called `{layer}` in it")
            self.tensors[full] = tensor
        return layer


def graph_of(text: bytes, network: Network, contents: Contents, *, detailed: bool) -> Graph:
    """What the configuration of a model says, in which nothing is deserialised.

    Raises:
        NotWeightsError: it is no configuration.
        NoGraphError: it does not say how layers are connected.
    """
    own = contents.by_layer()
    inner = inner_models(network)

    def named(names: Sequence[str]) -> str:
        return outside(names, inner)

    def shapes(names: Sequence[str]) -> list[Sizes]:
        return [contents.tensors[name].shape for name in own.get(named(names), ())]

    return keras_graph.graph(text, shapes, named, detailed=detailed)


def _called(known: Sequence[str], arrays: Mapping[str, Tensor]) -> list[str]:
    """The names of a layer's variables, if ``known`` are those of the network's."""
    if _is_separable([tensor.shape for tensor in arrays.values()]):
        known = SEPARABLE
    elif {*arrays} <= {*known}:
        return list(arrays)
    return [*known, *list(arrays)[len(known) :]][: len(arrays)]


def _is_separable(shapes: Sequence[Sizes]) -> bool:
    """Whether these are a depthwise kernel, one of 1x1 windows over its output, and a bias."""
    if len(shapes) not in (2, 3) or len(shapes[0]) < 3 or len(shapes[0]) != len(shapes[1]):
        return False
    (*_, channels, multiplier), (*window, between, out) = shapes[:2]
    bias = len(shapes) == 2 or shapes[2] == (out,)
    return bias and {*window} == {1} and between == channels * multiplier
