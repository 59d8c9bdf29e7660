"""``.h5`` and ``.hdf5``: what Keras 2 saves, and Keras 3 where the ending asks for it.

The file is a whole model or its weights alone, by the names of layers in the model's order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cnngen.analysis.graph import Graph
from cnngen.frameworks.files import hdf5
from cnngen.frameworks.files.base import (
    Contents,
    NoGraphError,
    NotWeightsError,
    Sets,
    Tensor,
)
from cnngen.frameworks.files.keras_files import KerasFile, optimiser
from cnngen.frameworks.files.keras_names import Namer, graph_of
from cnngen.frameworks.files.opening import Budget, opened
from cnngen.ir import Network

WEIGHTS = "model_weights"
"""The group with the layers of a whole model."""

OPTIMISER = "optimizer_weights"

CONFIGURATION = "model_config"

LAYERS, VARIABLES = "layer_names", "weight_names"

TOP = "top_level_model_weights"
"""A group for what a model of a class of its own has in no layer."""


class LegacyFile(KerasFile):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    keeps_graph = True

    def read(self, path: str, network: Network) -> Sets:
        """The variables of all layers."""
        found = _found(path, network)
        groups = {item.path: item for item in found if item.tensor is None}
        arrays = {item.path: item.tensor for item in found if item.tensor is not None}
        base = (WEIGHTS,) if (WEIGHTS,) in groups else ()
        namer = Namer(network)
        for layer in (*groups[base].lists.get(LAYERS, ()), TOP):
            path_of = (*base, *layer.split("/"))
            if path_of in groups:
                for names, own in _layers(layer, groups[path_of], arrays).items():
                    namer.add(names, own)
        if not namer.tensors:
            raise NotWeightsError("there are no weights in it as Keras saves them")
        return {"": Contents(namer.tensors, tuple(_optimiser(groups, arrays)))}

    def graph(self, path: str, network: Network, contents: Contents, *, detailed: bool) -> Graph:
        """See :func:`cnngen.frameworks.files.keras_names.graph_of`."""
        text = _found(path, network)[0].texts.get(CONFIGURATION)
        if text is None:
            raise NoGraphError
        return graph_of(text.encode("utf-8"), network, contents, detailed=detailed)


def _found(path: str, network: Network) -> list[hdf5.Found]:
    with opened(path, network) as file:
        return hdf5.read(file.read(), Budget.of_network(network), unread=[OPTIMISER])


def _layers(
    layer: str, group: hdf5.Found, arrays: Mapping[tuple[str, ...], Tensor]
) -> dict[tuple[str, ...], dict[str, Tensor]]:
    """The arrays of a layer, or of those in a model in its place, by the names that lead to each.

    Names of weights end in the variable's. Before that, they have the layer's, or those of layers
    in it; some begin with the model's, and some have a number after them, as TensorFlow counts.
    """
    found: dict[tuple[str, ...], dict[str, Tensor]] = {}
    for name in group.lists.get(VARIABLES, ()):
        tensor = arrays.get((*group.path, *name.split("/")))
        if tensor is None:
            raise NotWeightsError(f"there is no array `{name}` of the layer `{layer}` in it")
        *around, variable = name.split("/")
        inside = around[1:] if around and _is_called(layer, around[0]) else around
        own = found.setdefault((layer, *inside), {})
        variable = variable.partition(":")[0]
        if variable in own:
            raise NotWeightsError(f"there are two variables called `{layer}.{variable}` in it")
        own[variable] = tensor
    return found


def _is_called(layer: str, name: str) -> bool:
    """Whether this is the layer's name, which TensorFlow may have counted up."""
    return re.sub(r"_[0-9]+$", "", name) == layer or name == layer


def _optimiser(
    groups: Mapping[tuple[str, ...], hdf5.Found], arrays: Mapping[tuple[str, ...], Tensor]
) -> Iterator[str]:
    count = sum(path[0] == OPTIMISER for path in arrays)
    if count and (OPTIMISER,) in groups:
        names = groups[OPTIMISER,].lists.get(VARIABLES, (OPTIMISER,))
        yield optimiser(names[0].partition("/")[0], count)


FORMAT = LegacyFile()
