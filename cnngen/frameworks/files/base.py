"""What a file of weights holds, and what a format does with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from cnngen.analysis.graph import Graph
from cnngen.analysis.network_graph import DEPTHWISE, POINTWISE
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.reference import Array

FLOATS = ("float32", "float64", "float16", "bfloat16")
"""The types that weights can have."""

Sizes = tuple[int, ...]

MOST_LEVELS = 64
"""How deep groups of a file, and models in a model, may be inside one another."""


class Tensor(NamedTuple):
    """What a file has under a name; ``array`` is None where no weight or counter has its type."""

    shape: Sizes
    dtype: str
    array: Array | None


class Contents(NamedTuple):
    """A set of weights that a file holds.

    Attributes:
        tensors: by the names that the format's target has for weights.
        beside: what else there is in the file, such as an optimiser's state, in words.
        series: of each layer, the series whose order the format keeps, where that is not the order
            of all layers.
    """

    tensors: dict[str, Tensor]
    beside: tuple[str, ...] = ()
    series: Mapping[str, str] = {}

    def renamed(self, names: Mapping[str, str]) -> Contents:
        """The same with these names in place of others, those that are left beside them."""
        new = {names[name]: tensor for name, tensor in self.tensors.items() if name in names}
        for name, tensor in self.tensors.items():
            if name not in names:
                new[f"{name} in the file" if name in new else name] = tensor
        layers = {layer_of(name): layer_of(other) for name, other in names.items()}
        series = {layers.get(layer, layer): of for layer, of in self.series.items()}
        return self._replace(tensors=new, series=series)

    def by_layer(self) -> dict[str, list[str]]:
        """The names of what each layer has itself; of what has nothing itself, those in it."""
        own: dict[str, list[str]] = {}
        inside: dict[str, list[str]] = {}
        for name, layer in layers_of(self.tensors).items():
            own.setdefault(layer, []).append(name)
            *around, _ = layer.split(".", MOST_LEVELS)
            for count in range(len(around)):
                inside.setdefault(".".join(around[: count + 1]), []).append(name)
        return inside | own


Sets = Mapping[str, Contents]
"""What a file holds, by the keys that lead to it, such as ``ema.model``: none for all of it."""

KERNEL = "_kernel"
"""What follows the names of the parts of a separable convolution in Keras, where it is a layer."""


def layer_of(name: str) -> str:
    """The layer that a weight of this name belongs to."""
    return name.rpartition(".")[0]


def layers_of(names: Iterable[str]) -> dict[str, str]:
    """The layer that each weight belongs to: a separable convolution is two, one in the other.

    What Keras keeps in one layer, others keep in two, which have the names of its parts then.
    """
    layers = {name: layer_of(name) for name in names}
    separable = {
        layer
        for name, layer in layers.items()
        if name.endswith(f".{DEPTHWISE}{KERNEL}") and f"{layer}.{POINTWISE}{KERNEL}" in layers
    }
    for name, layer in layers.items():
        if layer in separable:
            first = name.endswith(f".{DEPTHWISE}{KERNEL}")
            layers[name] = f"{layer}.{DEPTHWISE if first else POINTWISE}"
    return layers


class Generated(NamedTuple):
    """A generated module: what it is imported as, and its source."""

    name: str
    text: str


class NotWeightsError(Exception):
    """The file is damaged, or holds no weights of this format; the message says why.

    ``hint`` is what its owner can do.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


class NoGraphError(Exception):
    """The file does not say how the layers of its model are connected."""


class MixedTypesError(Exception):
    """The weights have several types where the format allows one; the message names them."""


class WithoutGraph:
    """What formats have in common that hold arrays alone."""

    keeps_graph = False

    def graph(self, path: str, network: Network, contents: Contents, *, detailed: bool) -> Graph:
        """None of these files says it."""
        raise NoGraphError


class FileFormat(Protocol):
    """A format of files that hold a target's weights, to be read."""

    target: str
    keeps_order: bool
    """Whether weights are in the order of the model's layers, at least within a series."""
    keeps_graph: bool
    """Whether files say how layers are connected."""

    def counters(self, network: Network) -> list[str]:
        """Names that may be there beside the weights: integers that no output depends on."""
        ...

    def read(self, path: str, network: Network) -> Sets:
        """The sets of weights that the file holds; there is one at least.

        Memory is bounded by what the network needs, see :func:`.opening.most_bytes`.

        Raises:
            NotWeightsError: it cannot be read as this format.
            OSError: the system does not let it be read.
        """
        ...

    def graph(self, path: str, network: Network, contents: Contents, *, detailed: bool) -> Graph:
        """How the layers of the model are connected, under the names that they have in it.

        Args:
            path: the file.
            network: whose weights it may hold.
            contents: what it holds.
            detailed: see :mod:`cnngen.analysis.graph`.

        Raises:
            NoGraphError: the file does not say it.
            NotWeightsError: that part of it is damaged.
            OSError: the system does not let it be read.
        """
        ...


class WritableFormat(FileFormat, Protocol):
    """A format that files are written in too."""

    def write(
        self, path: str, network: Network, module: Generated, arrays: Mapping[str, Array]
    ) -> None:
        """Write all weights of a network.

        Args:
            path: a file that is not there yet, with the format's ending.
            network: whose weights these are.
            module: what this target's backend generates for the network.
            arrays: by the target's names, as :func:`cnngen.frameworks.to_keys` gives them; counters
                that are left out are zero.

        Raises:
            MixedTypesError: the format keeps weights of one type.
            OSError: it cannot be written.
        """
        ...
