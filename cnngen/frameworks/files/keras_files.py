"""``.weights.h5`` and ``.keras``: what Keras 3 saves.

Keras itself finds weights by the classes and the order of layers, and loads some files of other
networks without a word. Here they are found by the names of layers, which these files hold too,
and nothing of a file is deserialised: the configuration of a ``.keras`` can name any code.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence

from cnngen.analysis.graph import Graph
from cnngen.backends import backend
from cnngen.frameworks.files import hdf5, keras_graph
from cnngen.frameworks.files.base import (
    Contents,
    Generated,
    NotWeightsError,
    Sizes,
    Tensor,
    WithoutGraph,
)
from cnngen.frameworks.layout import places
from cnngen.ir import Network, applied_again
from cnngen.record import NamedTuple
from cnngen.reference import Array

VARIABLES = "vars"
"""The group that holds a layer's arrays, by their places, and the layer's name."""

OPTIMISER = "optimizer"

MEMBER = "model.weights.h5"
"""Where a ``.keras`` file, which is an archive, keeps the weights."""

CONFIGURATION = "config.json"
"""Where it keeps what the model is made of."""

LARGEST = {MEMBER: None, CONFIGURATION: 16 << 20}
"""How many bytes they may have, whatever the archive has; the largest networks' have a quarter."""

MOST_EXPANSION = 100
"""How many times larger the weights may be than the archive; Keras does not compress them."""


class _KerasFile:
    """What both formats have in common."""

    target = "keras"
    keeps_order = True  # of the layers of a class in a model
    alone = ""

    def counters(self, network: Network) -> list[str]:
        """None: Keras does not count batches."""
        return []

    def save_part(self, part: str) -> str:
        """The inner model's own file."""
        return f'save `model.get_layer("{part}")`'


class WeightsFile(WithoutGraph, _KerasFile):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    def read(self, path: str, network: Network) -> Contents:
        """The variables of all layers."""
        with open(path, "rb") as file:
            data = file.read()
        return _contents(hdf5.read(data), network)

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """What ``save_weights`` of the generated model writes."""
        from cnngen.frameworks.files.keras_writing import model_of

        model_of(network, module, arrays).save_weights(path)


class ModelFile(_KerasFile):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    keeps_graph = True

    def read(self, path: str, network: Network) -> Contents:
        """The variables of all layers; nothing else of the archive is looked at."""
        return _contents(hdf5.read(member(path, MEMBER)), network)

    def graph(self, path: str, network: Network, contents: Contents, *, detailed: bool) -> Graph:
        """What the configuration of the model says, in which nothing is deserialised."""
        own = contents.by_layer()
        inner = inner_models(network)

        def named(names: Sequence[str]) -> str:
            return _outside(names, inner)

        def shapes(names: Sequence[str]) -> list[Sizes]:
            return [contents.tensors[name].shape for name in own.get(named(names), ())]

        return keras_graph.graph(member(path, CONFIGURATION), shapes, named, detailed=detailed)

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """What ``save`` of the generated model writes."""
        from cnngen.frameworks.files.keras_writing import model_of

        model_of(network, module, arrays).save(path)


def member(path: str, name: str) -> bytes:
    """A file in the archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(name).file_size
            largest = LARGEST[name] or MOST_EXPANSION * os.path.getsize(path)
            if size > largest:
                raise NotWeightsError(f"`{name}` in it claims to have {size:,} bytes")
            return archive.read(name)
    except KeyError:
        raise NotWeightsError(f"there is no `{name}` in it: Keras 3 did not save it") from None
    except NotWeightsError:
        raise
    except OSError as error:
        if error.errno is not None:  # the system's
            raise
        raise NotWeightsError("not a .keras file, or a damaged one") from error
    except Exception as error:  # a damaged archive can fail in any of the library's parts
        raise NotWeightsError(f"not a .keras file, or a damaged one ({error})") from error


class Kept(NamedTuple):
    """A layer in a file: its name with those of models around it, and its arrays by their keys.

    ``series`` is its model and class, whose layers the file counts.
    """

    name: str
    tensors: dict[str, Tensor]
    series: str


def inner_models(network: Network) -> frozenset[str]:
    """The names of models that the generated one itself has in it."""
    return frozenset(backend("keras").path(path) for path in applied_again(network))


def _outside(names: Sequence[str], inner: Collection[str]) -> str:
    """The name of a layer, after those of the models around it, without these models."""
    *around, own = names
    return ".".join([*(m for m in around if m not in inner), own])


def _contents(found: list[hdf5.Found], network: Network) -> Contents:
    """The arrays by the names that the network's layers and variables have."""
    known = _variables(network)
    inner = inner_models(network)
    tensors: dict[str, Tensor] = {}
    series: dict[str, str] = {}
    for layer in layers_kept([item for item in found if item.path[0] != OPTIMISER]):
        layer = layer._replace(name=_outside(layer.name.split("."), inner))
        series[layer.name] = layer.series
        order = known.get(layer.name, [])
        for key, tensor in layer.tensors.items():
            place = int(key) if key.isdecimal() and len(key) < 4 else len(order)
            name = f"{layer.name}.{order[place] if place < len(order) else key}"
            if name in tensors:
                raise NotWeightsError(f"there are two layers called `{layer.name}` in it")
            tensors[name] = tensor
    if not tensors:
        raise NotWeightsError("there are no weights in it as Keras 3 saves them")
    return Contents(tensors, tuple(_optimiser(found)), series)


def _variables(network: Network) -> dict[str, list[str]]:
    """The names of each layer's variables in the order of its file, which is that of places."""
    names: dict[str, list[str]] = {}
    for place in places("keras", network):
        layer, _, variable = place.name.rpartition(".")
        names.setdefault(layer, []).append(variable)
    return names


def layers_kept(found: list[hdf5.Found]) -> Iterator[Kept]:
    """What has arrays of its own, in the order of the file."""
    names = {item.path[:-1]: item.name for item in found if item.path[-1] == VARIABLES}
    own: dict[tuple[str, ...], dict[str, Tensor]] = {}
    for path, _, tensor in found:
        if tensor is not None and len(path) > 1 and path[-2] == VARIABLES:
            own.setdefault(path[:-2], {})[path[-1]] = tensor
    for path, tensors in own.items():
        if not names[path]:
            raise NotWeightsError(
                "it does not say the names of its layers: save it with Keras 3.13 or newer"
            )
        around = (path[:length] for length in range(1, len(path) + 1))
        name = ".".join(names[group] for group in around if names.get(group))
        yield Kept(name, tensors, re.sub(r"_[0-9]+$", "", "/".join(path)))


def _optimiser(found: list[hdf5.Found]) -> Iterator[str]:
    count = sum(item.tensor is not None for item in found if item.path[0] == OPTIMISER)
    if count:
        group = (OPTIMISER, VARIABLES)
        name = next((item.name for item in found if item.path == group and item.name), OPTIMISER)
        yield f"the state of the optimiser {name} ({count} arrays)"


WEIGHTS = WeightsFile()
MODEL = ModelFile()
