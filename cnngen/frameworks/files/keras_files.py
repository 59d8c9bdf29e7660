"""``.weights.h5`` and ``.keras``: what Keras 3 saves.

Keras itself finds weights by the classes and the order of layers, and loads some files of other
networks without a word. Here they are found by the names of layers, which these files hold too,
and nothing of a file is deserialised: the configuration of a ``.keras`` can name any code.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from cnngen.analysis.graph import Graph
from cnngen.diagnostics.render import counted
from cnngen.frameworks.files import hdf5
from cnngen.frameworks.files.base import (
    Contents,
    Generated,
    NotWeightsError,
    Sets,
    Tensor,
    WithoutGraph,
)
from cnngen.frameworks.files.keras_names import Namer, graph_of
from cnngen.frameworks.files.opening import Budget, opened
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.reference import Array

VARIABLES = "vars"
"""The group that holds a layer's arrays, by their places, and the layer's name."""

OPTIMISER = "optimizer"

MEMBER = "model.weights.h5"
"""Where a ``.keras`` file, which is an archive, keeps the weights."""

CONFIGURATION = "config.json"
"""Where it keeps what the model is made of."""

LARGEST_CONFIGURATION = 16 << 20
"""Bytes; the largest networks' has a quarter."""


class KerasFile:
    """What the formats of Keras have in common."""

    target = "keras"
    keeps_order = True  # of the layers of a class in a model

    def counters(self, network: Network) -> list[str]:
        """None: Keras does not count batches."""
        return []


class WeightsFile(WithoutGraph, KerasFile):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    def read(self, path: str, network: Network) -> Sets:
        """The variables of all layers."""
        with opened(path, network) as file:
            return _sets(file.read(), network)

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """What ``save_weights`` of the generated model writes."""
        from cnngen.frameworks.files.keras_writing import model_of

        model_of(network, module, arrays).save_weights(path)


class ModelFile(KerasFile):
    """See :class:`cnngen.frameworks.files.base.FileFormat`."""

    keeps_graph = True

    def read(self, path: str, network: Network) -> Sets:
        """The variables of all layers; nothing else of the archive is looked at."""
        with opened(path, network) as file:
            return _sets(member(file, MEMBER, Budget.of_network(network)), network)

    def graph(self, path: str, network: Network, contents: Contents, *, detailed: bool) -> Graph:
        """See :func:`cnngen.frameworks.files.keras_names.graph_of`."""
        with opened(path, network) as file:
            text = member(file, CONFIGURATION, Budget.of_network(network))
        return graph_of(text, network, contents, detailed=detailed)

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """What ``save`` of the generated model writes."""
        from cnngen.frameworks.files.keras_writing import model_of

        model_of(network, module, arrays).save(path)


def member(file: BinaryIO, name: str, budget: Budget) -> bytes:
    """A file in the archive.

    Raises:
        NotWeightsError: it is not there, or has more bytes than the budget.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            size = archive.getinfo(name).file_size
            if name == CONFIGURATION and size > LARGEST_CONFIGURATION:
                raise NotWeightsError(f"`{name}` in it claims to have {size:,} bytes")
            budget.spend(f"`{name}` in it claims to have", size)
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
    """A layer in a file: its name after those of models around it, and its arrays by their places.

    ``series`` is its model and class, whose layers the file counts.
    """

    names: list[str]
    tensors: dict[str, Tensor]
    series: str


def _sets(data: bytes, network: Network) -> Sets:
    """The arrays by the names that the network's layers and variables have."""
    found = hdf5.read(data, Budget.of_network(network), unread=[OPTIMISER])
    namer = Namer(network)
    series = {
        namer.add(layer.names, layer.tensors): layer.series
        for layer in layers_kept([item for item in found if item.path[:1] != (OPTIMISER,)])
    }
    if not namer.tensors:
        raise NotWeightsError("there are no weights in it as Keras 3 saves them")
    return {"": Contents(namer.tensors, tuple(_optimiser(found)), series)}


def layers_kept(found: list[hdf5.Found]) -> Iterator[Kept]:
    """What has arrays of its own, in the order of the file."""
    names = {
        item.path[:-1]: item.texts.get("name", "")
        for item in found
        if item.path[-1:] == (VARIABLES,)
    }
    own: dict[tuple[str, ...], dict[str, Tensor]] = {}
    for path, tensor, _, _ in found:
        if tensor is not None and path[-2:-1] == (VARIABLES,):
            own.setdefault(path[:-2], {})[path[-1]] = tensor
    for path, tensors in own.items():
        if not names[path]:
            raise NotWeightsError(
                "it does not say the names of its layers: save it with Keras 3.13 or newer"
            )
        around = (path[:length] for length in range(1, len(path) + 1))
        called = [names[group] for group in around if names.get(group)]
        yield Kept(called or [names[path]], tensors, re.sub(r"_[0-9]+$", "", "/".join(path)))


def _optimiser(found: list[hdf5.Found]) -> Iterator[str]:
    arrays = sum(item.tensor is not None for item in found if item.path[:1] == (OPTIMISER,))
    if arrays:
        group = (OPTIMISER, VARIABLES)
        called = (item.texts.get("name") for item in found if item.path == group)
        yield optimiser(next(called, None) or OPTIMISER, arrays)


def optimiser(name: str, arrays: int) -> str:
    """How the state of an optimiser is called that is beside the weights."""
    return f"the state of the optimiser {name} ({counted(arrays, 'array')})"


WEIGHTS = WeightsFile()
MODEL = ModelFile()
