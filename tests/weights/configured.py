"""Live models of Keras as their files have them, without a file: large ones take long to write."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import keras

from cnngen.analysis.graph import Graph
from cnngen.frameworks.files import Contents, Tensor, keras_graph
from cnngen.ir import Network


class Configured:
    """A configuration, and names and shapes of weights: as much of a format as the graph needs.

    ``variables`` are the model's by the names that a file has for them. ``inner`` are the names of
    models within it that are no part of these.
    """

    target = "keras"
    keeps_graph = True

    def __init__(self, model: Any, inner: Collection[str] = ()) -> None:
        self.inner = inner
        self.text: bytes = model.to_json().encode("utf-8")
        self.variables = {
            f"{self._named(path)}.{variable.name}": variable
            for path, layer in _layers(model)
            for variable in layer.weights
        }
        self.contents = Contents(
            {name: Tensor(tuple(of.shape), "", None) for name, of in self.variables.items()}
        )

    def graph(
        self, _path: str, _network: Network | None, contents: Contents, *, detailed: bool
    ) -> Graph:
        own = contents.by_layer()

        def shapes(names: Sequence[str]) -> list[tuple[int, ...]]:
            return [contents.tensors[name].shape for name in own.get(self._named(names), ())]

        return keras_graph.graph(self.text, shapes, self._named, detailed=detailed)

    def _named(self, names: Sequence[str]) -> str:
        *around, own = names
        return ".".join([*(name for name in around if name not in self.inner), own])


def _layers(model: Any, around: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Layers, those of models within the model too, with the names of the models around them."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer, (*around, layer.name))
        else:
            yield (*around, layer.name), layer
